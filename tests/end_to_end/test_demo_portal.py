"""`sandbox demo --serve`: the portal on a cluster that was provisioned before one's eyes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from provisioner.inventory import load


@pytest.fixture
def port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.end_to_end
def test_the_demo_opens_a_portal_to_sign_in_to_and_ctrl_c_ends_everything(
    tmp_path: Path, port: int
) -> None:
    words = ("sandbox", "demo", "--serve", "--tenant-only", "--port", str(port))
    with subprocess.Popen(
        [sys.executable, "-m", "provisioner.cli", *words],
        env=os.environ | {"PROVISIONER_VAR": str(tmp_path)},
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    ) as demo:
        try:
            sign_in = _sign_in_page(demo, port)
        finally:
            os.killpg(demo.pid, signal.SIGINT)
        said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 0, said

    towns = load(tmp_path / "demo" / "inventory").municipalities
    assert any(f"cio.{one.slug}@" in sign_in for one in towns), sign_in
    assert re.search(r"1 change is ready\. 1 object is unmanaged", said)
    history = ("git", "log", "--format=%s")
    inventory = tmp_path / "demo" / "inventory"
    log = subprocess.run(history, cwd=inventory, capture_output=True, check=True)
    assert log.stdout == b"The sample cluster\n"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/healthz")


def _sign_in_page(demo: subprocess.Popen[str], port: int) -> str:
    """The page on which one chooses who to be, once the portal is open."""
    until = time.monotonic() + 100
    while time.monotonic() < until and demo.poll() is None:
        try:
            url = f"http://127.0.0.1:{port}/sign-in"
            return httpx.get(url, follow_redirects=True).raise_for_status().text
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError("the portal never opened")

"""`provisioner sandbox up --hosts N`, through the real program."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from lab import images

from provisioner.sandbox.hosts import hosts_of
from provisioner.sandbox.state import read_state
from provisioner.shipped import sample_inventory


class Terminal:
    """Runs the program with settings in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.var = folder / "var"
        self.sandbox = self.var / "sandbox"
        self._settings = {
            "PROVISIONER_VAR": str(self.var),
            "PROVISIONER_INVENTORY": str(sample_inventory()),
            "PROVISIONER_LAB_IMAGES": str(images()),
        }

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "provisioner.cli", "sandbox", *words],
            env=os.environ | self._settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *words: str) -> str:
        begun = self.start(*words)
        out, err = begun.communicate(timeout=100)
        assert begun.returncode == 0, out + err
        return out

    def json(self, *words: str) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.run(*words, "--json"))
        return told

    def left(self) -> list[str]:
        """Command lines of processes that have to do with this sandbox."""
        lines = (
            " ".join(one.info["cmdline"] or ())
            for one in psutil.process_iter(["cmdline"])
        )
        return [line for line in lines if str(self.var) in line]


@pytest.fixture
def terminal(lab_image: Path, tmp_path: Path) -> Iterator[Terminal]:
    one = Terminal(tmp_path)
    yield one
    one.run("down", "--purge")
    assert not one.sandbox.exists()


def test_hosts_come_up_beside_the_tenants_and_are_listed(terminal: Terminal) -> None:
    started = terminal.json("up", "--hosts", "2", "--detach")
    assert [one["name"] for one in started["hosts"]] == ["web-1", "backup-1"]
    assert started["no_hosts"] == ""
    assert terminal.json("status") == started
    assert "web-1, backup-1" in terminal.run("status")
    told = subprocess.run(
        ["ssh", "-F", started["ssh_config"], "backup-1", "hostname"],
        capture_output=True,
        text=True,
    )
    assert told.stdout == "backup-1\n"
    assert terminal.run("down").startswith("The sandbox is stopped.")
    assert terminal.left() == []


def test_down_clears_up_after_a_killed_sandbox(terminal: Terminal) -> None:
    terminal.run("up", "--hosts", "1", "--detach")
    lab = hosts_of(terminal.sandbox)
    assert lab is not None
    os.kill(read_state(terminal.sandbox).pid, signal.SIGKILL)
    assert terminal.left()
    assert terminal.run("down").startswith("The sandbox is stopped.")
    assert terminal.left() == []
    assert not lab.alive


def test_control_c_ends_tenants_and_hosts(terminal: Terminal) -> None:
    begun = terminal.start("up", "--hosts", "1")
    assert begun.stderr is not None
    assert begun.stderr.readline() == "Stop it with Ctrl-C.\n"
    assert hosts_of(terminal.sandbox) is not None
    begun.send_signal(signal.SIGINT)
    assert "web-1" in begun.communicate(timeout=60)[0]
    assert begun.returncode == 0
    assert terminal.left() == []

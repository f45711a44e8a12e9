"""Pictures of pages, by the browser of this machine."""

from __future__ import annotations

import asyncio
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from provisioner.providers.camera import Camera

pytestmark = pytest.mark.skipif(
    shutil.which("chromium") is None, reason="chromium is not installed"
)
PAGE = "<!doctype html><html lang=he dir=rtl><title>x</title><h1>שלום</h1>"


def test_a_page_becomes_a_picture_and_nothing_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    serve = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        picture = asyncio.run(Camera().shoot(url))
        server.shutdown()
    assert picture[:4] == b"RIFF"
    assert picture[8:12] == b"WEBP"


def test_without_a_browser_there_is_no_picture(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert asyncio.run(Camera().shoot("http://127.0.0.1:1/")) == b""

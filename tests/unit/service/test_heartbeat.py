"""A sign of life: to a real server, once a minute, and no harm where nobody answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from provisioner.service.heartbeat import Heartbeat

REFERENCE = "env/HEARTBEAT"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Paths that were asked of a receiver."""
    paths: list[str] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quietly."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("HEARTBEAT", f"http://127.0.0.1:{server.server_port}/ping/abc")
    yield paths
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_is_given_once_a_minute(asked: list[str]) -> None:
    heart = Heartbeat(REFERENCE)
    assert heart.beat()
    assert not heart.beat()
    assert asked == ["/ping/abc"]


def test_nobody_at_home_is_logged_without_the_url(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("HEARTBEAT", "http://127.0.0.1:9/ping/abc")
    assert not Heartbeat(REFERENCE).beat()
    assert "no sign of life was given: ConnectError" in caplog.text
    assert "abc" not in caplog.text


def test_without_a_reference_nobody_is_called(caplog: pytest.LogCaptureFixture) -> None:
    assert not Heartbeat("").beat()
    assert caplog.text == ""

"""The service as a real process: its log line by line, its port, its end."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from rehearsal import Rehearsal


class Served:
    """A running `serve` or `worker`."""

    def __init__(self, world: Rehearsal, *words: str, **settings: str) -> None:
        self.process = world.start(*words, **settings)
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip())

    def log(self) -> list[dict[str, Any]]:
        """What it logged, as JSON."""
        return [json.loads(one) for one in list(self.lines) if one.startswith("{")]

    def wait_for(self, words: str) -> str:
        """The first message that has these words."""
        ends = time.monotonic() + 60
        while True:
            for one in self.log():
                if words in one["message"]:
                    return str(one["message"])
            assert time.monotonic() < ends, "\n".join(self.lines[-30:])
            assert self.process.poll() is None, "\n".join(self.lines[-30:])
            time.sleep(0.05)

    @property
    def url(self) -> str:
        """Where it listens."""
        message = self.wait_for("Uvicorn running on ")
        return message.partition("running on ")[2].split()[0]

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=10)

    def end(self, timeout: float = 40) -> int:
        """SIGTERM, and wait."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout)
        self._reader.join(5)
        return code

    def close(self) -> None:
        """Wait for its end, and let go of its pipes."""
        self.process.wait()
        self._reader.join(5)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()


@contextmanager
def serving(world: Rehearsal, *words: str, **settings: str) -> Iterator[Served]:
    """`serving(world, "serve", "--port", "0")`; no process outlives it."""
    one = Served(world, *words, **settings)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.process.kill()
        one.close()

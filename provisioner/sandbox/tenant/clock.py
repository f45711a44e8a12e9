"""The sandbox clock: it can run faster than the real one and jump ahead."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch, advancing `scale` times as fast as real time."""

    def __init__(self, scale: float = 1.0, start: float | None = None) -> None:
        self.scale = scale
        self._base = time.time() if start is None else start
        self._since = time.monotonic()

    def now(self) -> float:
        return self._base + (time.monotonic() - self._since) * self.scale

    def advance(self, seconds: float) -> None:
        self._base += seconds

    def rescale(self, scale: float) -> None:
        """Run at another speed from now on, without a jump."""
        self._base, self._since = self.now(), time.monotonic()
        self.scale = scale

    def real(self, seconds: float) -> float:
        """How long a client has to wait for `seconds` of the sandbox to pass."""
        return seconds / self.scale if self.scale > 0 else seconds


def moment(seconds: float) -> str:
    """A time as the vendor writes it: UTC to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""How many writes a tenant takes: the provider's token bucket, kept here as well.

The vendor allows 3,000 writes per 150 seconds for an application in a tenant and
throttles by token bucket ("Microsoft Graph throttling limits", identity and access).
Pacing by the same bucket takes the time that the quota dictates: a full bucket at once,
then its rate.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress


class WriteBudget:
    """A bucket of `capacity` writes that fills once in `window` seconds.

    A write is taken out when it is sent and makes room for the refill only when its
    answer is there, so this bucket is never fuller than the provider's own.
    """

    def __init__(self, capacity: int, window: float) -> None:
        self.capacity = capacity
        self._rate = capacity / window
        self._level = float(capacity)
        self._in_flight = 0
        self._filled_at = time.monotonic()
        self._turn = asyncio.Lock()
        self._settled = asyncio.Event()

    async def reserve(self, writes: int) -> None:
        """Wait until `writes` can be sent, in the order of asking."""
        if not writes:
            return
        # More than a whole bucket is never there; it goes when the bucket is full.
        price = min(writes, self.capacity)
        async with self._turn:
            while (missing := price - self._fill()) > 0:
                await self._wait(missing / self._rate)
            self._level -= price
            self._in_flight += price

    def settle(self, writes: int) -> None:
        """The answer to `writes` reserved ones is there."""
        if writes:
            self._fill()
            self._in_flight -= min(writes, self.capacity)
            self._settled.set()

    def _fill(self) -> float:
        now = time.monotonic()
        earned = (now - self._filled_at) * self._rate
        self._filled_at = now
        self._level = min(self.capacity - self._in_flight, self._level + earned)
        return self._level

    async def _wait(self, seconds: float) -> None:
        """Sleep, or less where an answer makes room to refill."""
        self._settled.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._settled.wait(), seconds)

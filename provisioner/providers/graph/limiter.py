"""The one gate to a tenant: how many calls at once, when again, and how many writes.

Every caller of a tenant goes through the same limiter, because the provider counts them
together. Asked to wait, all wait; a crowd that comes back in lockstep is refused again.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from provisioner.errors import Throttled, TransientProviderError
from provisioner.providers.graph.budget import WriteBudget

LONGEST_WAIT = 300.0
_FEWEST = 2
_THROTTLED_TRIES = 20
_FAILED_TRIES = 6
_LONGEST_BACKOFF = 30.0
_JITTER = 0.1
_BUSY = 0.8  # the provider sends its percentage from here on; 1.0 is the limit


@dataclass
class Patience:
    """How often one piece of work was tried: being asked to wait counts apart."""

    throttled: int = 0
    failed: int = 0

    def lost(self, error: TransientProviderError) -> bool:
        """Count one more failure; true when it is time to give up."""
        if error.status == 429 or error.retry_after is not None:
            self.throttled += 1
            return self.throttled >= _THROTTLED_TRIES
        self.failed += 1
        return self.failed >= _FAILED_TRIES

    def backoff(self, unit: float) -> float:
        """Seconds before the next try where the provider named none."""
        tries = max(self.failed, self.throttled, 1)
        return min(_LONGEST_BACKOFF, unit * 2.0 ** (tries - 1))


class Limiter:
    """Concurrency, a shared pause and a budget of writes for one tenant.

    `writes_per_window` and `window_seconds` are the provider's quota: N writes take the
    time that it dictates and no more. `unit` is the first backoff in seconds.
    """

    def __init__(
        self,
        *,
        writes_per_window: int,
        window_seconds: float,
        concurrency: int = 8,
        rng: random.Random,
        unit: float = 0.5,
    ) -> None:
        self.concurrency = concurrency
        self.writes_per_window = writes_per_window
        self._budget = WriteBudget(writes_per_window, window_seconds)
        self._rng = rng
        self._unit = unit
        self._places = asyncio.Semaphore(concurrency)
        self.allowed = concurrency
        self._owed = 0
        self._resume_at = 0.0
        self.throttled = 0
        self.quota_used = 0.0

    @asynccontextmanager
    async def slot(self, writes: int = 0) -> AsyncIterator[None]:
        """A place for one call that writes `writes` objects.

        Raises `Throttled` where the provider asked to wait longer than `LONGEST_WAIT`.
        """
        await self._budget.reserve(writes)
        try:
            await self._places.acquire()
            try:
                await self._until_resumed()
                yield
            finally:
                self._leave()
        finally:
            self._budget.settle(writes)

    def pause(self, seconds: float) -> None:
        """Let nobody through for `seconds`, and fewer at once afterwards."""
        self.throttled += 1
        now = time.monotonic()
        if now >= self._resume_at:
            self._narrow(self.allowed // 2)
        self._resume_at = max(self._resume_at, now + seconds)

    def slow_down(self, error: TransientProviderError, patience: Patience) -> float:
        """After `error`: pause everybody where the provider asks for it.

        Returns the seconds that only the failed work itself must wait, 0 otherwise.
        """
        seconds = error.retry_after or patience.backoff(self._unit)
        if error.retry_after or error.status == 429:
            self.pause(seconds)
            return 0.0
        return seconds * self._rng.uniform(0.5, 1.0)

    def observe(self, headers: Mapping[str, str]) -> None:
        """Take note of a success: go slower near the limit, faster far from it."""
        share = 0.0
        with suppress(ValueError):
            share = float(headers.get("x-ms-throttle-limit-percentage", 0.0))
        self.quota_used = share
        if share >= _BUSY:
            self._narrow(math.ceil(self.concurrency * (1.0 + _BUSY - share)))
        elif self.allowed < self.concurrency:
            self._widen()

    def _narrow(self, allowed: int) -> None:
        while self.allowed > max(_FEWEST, allowed):
            self.allowed -= 1
            self._owed += 1

    def _widen(self) -> None:
        self.allowed += 1
        if self._owed:
            self._owed -= 1
        else:
            self._places.release()

    def _leave(self) -> None:
        if self._owed:
            self._owed -= 1
        else:
            self._places.release()

    async def _until_resumed(self) -> None:
        while (left := self._resume_at - time.monotonic()) > 0:
            if left > LONGEST_WAIT:
                raise Throttled(
                    f"The tenant asks to wait {left:.0f} seconds.", seconds=left
                )
            await asyncio.sleep(left + self._rng.uniform(0.0, _JITTER * left))

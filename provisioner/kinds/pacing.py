"""Waiting between looks: longer each time, never past the patience given."""

from __future__ import annotations

import asyncio
import time

REPLICATION_PATIENCE = 120.0
"""Seconds for which some replicas may not show a write.

The vendor states no bound; users report seconds to two minutes.
"""


class Backoff:
    """Rests that grow from `first` to `longest` seconds until `patience` has passed."""

    def __init__(
        self, patience: float, *, first: float = 0.25, longest: float = 15.0
    ) -> None:
        self._ends = time.monotonic() + patience
        self._next = first
        self._longest = longest

    async def rest(self) -> bool:
        """Rest once; False, at once, where patience has ended."""
        left = self._ends - time.monotonic()
        if left <= 0:
            return False
        await asyncio.sleep(min(self._next, left))
        self._next = min(self._next * 1.6, self._longest)
        return True

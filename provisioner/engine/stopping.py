"""Asking a run to stop: from a signal, a person's cancel, or a lease that was lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from provisioner.errors import RunStopped

PATIENCE = 10.0
"""Seconds that changes in hand are given to end before they are cut off."""

T = TypeVar("T")


class Stop:
    """A wish that a run end soon; may be made from any thread, once and for all."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiters: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self.reason = ""

    @property
    def requested(self) -> bool:
        return bool(self.reason)

    def request(self, reason: str) -> None:
        """Ask for it; the first reason counts."""
        with self._mutex:
            self.reason = self.reason or reason
            waiters, self._waiters = self._waiters, []
        for loop, event in waiters:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    def check(self) -> None:
        """Raises `RunStopped` when it was asked for."""
        if self.requested:
            raise RunStopped(f"The run was stopped: {self.reason}.")

    async def bound(self, work: Coroutine[Any, Any, T], patience: float) -> T:
        """The result of `work`; once asked to stop it has `patience` seconds left.

        Raises `RunStopped` when it was asked for, even where `work` came to its end.
        """
        task = asyncio.ensure_future(work)
        bell = asyncio.Event()
        self._ring(bell)
        stopped = asyncio.ensure_future(bell.wait())
        try:
            await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                await asyncio.wait({task}, timeout=patience)
        finally:
            stopped.cancel()
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        if task.cancelled():
            self.check()
        result = task.result()
        self.check()
        return result

    def _ring(self, bell: asyncio.Event) -> None:
        with self._mutex:
            if self.reason:
                bell.set()
            else:
                self._waiters.append((asyncio.get_running_loop(), bell))

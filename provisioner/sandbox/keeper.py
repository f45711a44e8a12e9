"""Keeps the world on disk while it lives, without stopping it.

A snapshot is taken by a forked child, which sees the memory of that instant; the server
goes on answering while the child writes.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import time

from provisioner.sandbox.folder import Folder, write_private
from provisioner.sandbox.front import Front
from provisioner.sandbox.tenant.world import World
from provisioner.sandbox.zones import Zones

_log = logging.getLogger(__name__)
_EVERY = 2.0
_SHARE = 10
_CHILD_SECONDS = 120


class Keeper:
    """Writes the world and the DNS host's memory when something was written to them."""

    def __init__(
        self, folder: Folder, world: World, zones: Zones, front: Front
    ) -> None:
        self._folder = folder
        self._world = world
        self._zones = zones
        self._front = front
        self._kept = -1
        self._published = True

    async def watch(self) -> None:
        """Keep every two seconds what changed, and spend a tenth of the time on it."""
        pause = _EVERY
        while True:
            await asyncio.sleep(pause)
            self._published |= self._zones.refresh()
            if self._front.writes == self._kept and not self._published:
                continue
            started = time.monotonic()
            await self._snapshot()
            pause = max(_EVERY, _SHARE * (time.monotonic() - started))

    async def _snapshot(self) -> None:
        writes, self._published = self._front.writes, False
        child = self._fork()
        try:
            while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
                await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            # The final `keep` must be the last to write.
            os.waitpid(child, 0)
            raise
        if ended[1] == 0:
            self._kept = writes

    def _fork(self) -> int:
        """A child that writes this instant and ends; its process id."""
        child = os.fork()
        if child:
            return child
        code = 1
        try:
            gc.disable()
            os.nice(5)
            signal.alarm(_CHILD_SECONDS)
            self.keep()
            code = 0
        except OSError as error:
            _log.error("The world could not be kept: %s.", error)
        finally:
            # Nothing of the server may run twice, not even its clean-up.
            os._exit(code)

    def keep(self) -> None:
        """Write everything now, in this process."""
        write_private(self._folder.dump, self._world.dump())
        write_private(self._folder.dns, self._zones.remembered())

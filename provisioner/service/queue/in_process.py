"""The queue without anything beside the store: looks into the rows, and is nudged."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from provisioner.errors import StoreError
from provisioner.service.queue.port import Execute
from provisioner.store import Store

_log = logging.getLogger(__name__)
_IDLE = 0.5  # seconds between two looks


class InProcess:
    """Threads of this process, over SQLite or PostgreSQL; see `port.Queue`."""

    def __init__(
        self, store: Store, *, zones: Sequence[str] = ("",), slots: int = 1
    ) -> None:
        self._store = store
        self._zones = tuple(zones)
        self._slots = slots
        self._ending = threading.Event()
        self._wake = threading.Event()
        self._mutex = threading.Lock()
        self._in_hand: set[str] = set()

    def serve(self, execute: Execute) -> None:
        with ThreadPoolExecutor(self._slots, thread_name_prefix="run") as pool:
            while not self._ending.is_set():
                self._wake.clear()
                for run_id in self._ready():
                    with self._mutex:
                        self._in_hand.add(run_id)
                    pool.submit(self._take, execute, run_id)
                self._wake.wait(_IDLE)

    def nudge(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._ending.set()
        self._wake.set()

    def _ready(self) -> list[str]:
        """As many runs as there are free hands."""
        with self._mutex:
            busy = set(self._in_hand)
        free = self._slots - len(busy)
        if free <= 0:
            return []
        try:
            found = self._store.queue.ready(self._zones, limit=free + len(busy))
        except StoreError as error:
            _log.error("the queue cannot be read: %s", error)
            return []
        return [run.id for run in found if run.id not in busy][:free]

    def _take(self, execute: Execute, run_id: str) -> None:
        try:
            execute(run_id)
        except Exception:
            _log.exception("run %s", run_id)
        finally:
            with self._mutex:
                self._in_hand.discard(run_id)
            self._wake.set()

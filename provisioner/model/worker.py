"""A process that takes runs from the queue."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class WorkerSeen(Struct, frozen=True):
    """A worker, the zones it serves ("" is none) and when it was last seen (UTC)."""

    name: str
    zones: tuple[str, ...]
    since: datetime
    seen: datetime

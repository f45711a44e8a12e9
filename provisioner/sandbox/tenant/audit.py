"""The directory's audit: who changed what, and when. What is written, not how it reads."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

# The vendor keeps a month of a tenant with a premium licence.
KEPT = 30 * 86400.0

# Property, value before, value after.
Modified = tuple[str, Any, Any]


class Target(Struct, frozen=True, gc=False):
    """An object that was touched; `type` is User, Group and the like."""

    id: str
    type: str
    label: str = ""
    upn: str | None = None
    modified: tuple[Modified, ...] = ()


class Entry(Struct, frozen=True, gc=False):
    """One activity. `actor` is the id of a user, empty for the application."""

    at: float
    visible_at: float
    id: str
    activity: str
    category: str
    operation: str
    actor: str
    targets: tuple[Target, ...]
    correlation: str
    service: str = "Core Directory"


class AuditLog:
    """Entries of the last month in the order of their time."""

    def __init__(self, entries: list[Entry] | None = None) -> None:
        self.entries = entries or []

    def add(self, entry: Entry) -> None:
        self.entries.append(entry)
        if entry.at - self.entries[0].at > KEPT * 1.1:
            gone = bisect_left(self.entries, entry.at - KEPT, key=lambda one: one.at)
            del self.entries[:gone]

    def between(self, start: float, end: float, now: float) -> Iterator[Entry]:
        """What is visible at `now` of the time from `start` to `end`, oldest first."""
        first = bisect_left(self.entries, start, key=lambda one: one.at)
        last = bisect_right(self.entries, end, key=lambda one: one.at)
        for entry in self.entries[first:last]:
            if entry.visible_at <= now:
                yield entry

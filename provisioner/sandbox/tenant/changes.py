"""The directory's log of changes: what delta queries are answered from."""

from __future__ import annotations

from bisect import bisect_right

import msgspec
from msgspec import Struct

WEEK = 7 * 86400.0

# As the names of a change: the whole object is new or back.
EVERYTHING = ("*",)


class Change(Struct, frozen=True, gc=False):
    """One change of one object; `names` are the properties, empty for its removal.

    With a `tied` object only the tie by which that is a member of it, or was, changed.
    """

    at: float
    visible_at: float
    id: str
    names: tuple[str, ...]
    tied: str = ""


class ChangeLog:
    """Changes of the last week in order; a position counts from the first one ever.

    Nothing is logged before somebody holds a delta token (`watched`): a first sync is a
    snapshot, and 100,000 seeded users need no entry each.
    """

    def __init__(
        self, entries: list[Change] | None = None, base: int = 0, watched: bool = False
    ) -> None:
        self.entries = entries or []
        self.base = base
        self.watched = watched

    def add(self, change: Change) -> None:
        if self.watched or change.visible_at > change.at:
            self.entries.append(change)

    def position(self, now: float) -> int:
        """Where a reader stands who has seen all that is visible at `now`."""
        hidden = (at for at, one in enumerate(self.entries) if one.visible_at > now)
        return self.base + next(hidden, len(self.entries))

    def since(self, position: int, now: float) -> tuple[int, list[Change]]:
        """The new position and what became visible after `position`.

        Stops at the first change still under way, so that none is ever skipped.
        """
        start = max(position - self.base, 0)
        end = start
        while end < len(self.entries) and self.entries[end].visible_at <= now:
            end += 1
        return self.base + end, self.entries[start:end]

    def show(self, now: float) -> None:
        """Make everything logged visible."""
        self.entries = [
            change
            if change.visible_at <= now
            else msgspec.structs.replace(change, visible_at=now)
            for change in self.entries
        ]

    def prune(self, now: float) -> None:
        """Forget what every unexpired token has seen."""
        gone = bisect_right(self.entries, now - WEEK, key=lambda change: change.at)
        del self.entries[:gone]
        self.base += gone

"""Seats in the weeks to come, by what is known: requests and leavers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from msgspec import Struct

WEEKS = 12
_WEEK = timedelta(days=7)


class Move(Struct, frozen=True, gc=False):
    """From `day` on (a local date), `count` more seats of a licence are taken.

    Below 0 they become free.
    """

    municipality: str
    license: str
    day: date
    count: int


class Week(Struct, frozen=True, gc=False):
    """Seven days from `first`, a Sunday; `taken` is the number of seats at their end."""

    first: date
    taking: int
    freeing: int
    taken: int


class SeatsAhead(Struct, frozen=True):
    """One licence in one municipality: its budget, the seats taken now, and by week."""

    license: str
    budget: int
    taken: int
    weeks: tuple[Week, ...]

    @property
    def taking(self) -> int:
        """Seats that are known to be taken in these weeks."""
        return sum(one.taking for one in self.weeks)

    @property
    def freeing(self) -> int:
        """Seats that are known to become free in these weeks."""
        return sum(one.freeing for one in self.weeks)

    @property
    def short(self) -> date | None:
        """The first week at whose end more are taken than the budget has, or None."""
        return next((one.first for one in self.weeks if one.taken > self.budget), None)


def reckon(
    license: str, budget: int, taken: int, moves: Iterable[Move], today: date
) -> SeatsAhead:
    """The next `WEEKS` weeks of one licence; what is overdue happens in the first one.

    `moves` are those of this licence and municipality; later ones are left out.
    """
    begin = sunday(today)
    some = list(moves)
    weeks: list[Week] = []
    at_end = taken
    for number in range(WEEKS):
        first = begin + number * _WEEK
        here = [one.count for one in some if _in(one, first, overdue=number == 0)]
        taking = sum(count for count in here if count > 0)
        freeing = -sum(count for count in here if count < 0)
        at_end += taking - freeing
        weeks.append(Week(first, taking, freeing, at_end))
    return SeatsAhead(license, budget, taken, tuple(weeks))


def sunday(day: date) -> date:
    """The first day of the week that a day is in."""
    return day - timedelta(days=(day.weekday() + 1) % 7)


def _in(move: Move, first: date, *, overdue: bool) -> bool:
    return (overdue or move.day >= first) and move.day < first + _WEEK


def any_short(ahead: Iterable[Sequence[SeatsAhead]]) -> bool:
    """Whether a licence is known to become too few anywhere."""
    return any(one.short for some in ahead for one in some)

"""Seats against budgets, and when they run out at the present rate. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct

from provisioner.model.municipality import Names

WINDOW = timedelta(days=90)
ENOUGH_DAYS = 30
ENOUGH_TAKEN = 3
_HORIZON = 3650.0  # a date further away than ten years says nothing


class Take(Struct, frozen=True, gc=False):
    """A seat that was taken by a mailbox we made, at `at` (UTC)."""

    municipality: str
    license: str
    at: datetime


class Rate(Struct, frozen=True, gc=False):
    """How fast seats are taken: `taken` in the last `days` that are known.

    `per_day` is None where the history is too short, or too few were taken, to tell.
    """

    days: int
    taken: int
    per_day: float | None = None

    def runs_out(self, free: int | None, today: date) -> date | None:
        """The day on which `free` seats are taken at this rate; None where none is seen."""
        if self.per_day is None or free is None:
            return None
        if free <= 0:
            return today
        if self.per_day <= 0 or free / self.per_day > _HORIZON:
            return None
        return today + timedelta(days=int(free / self.per_day))


class SeatUse(Struct, frozen=True):
    """One licence in one place.

    `budget` is what the inventory allots, `wanted` the active people who shall have it,
    `assigned` who was seen to have it and `free` what is left (None where that could not
    be read). `waiting` are people for whom no seat is free, `leavers` those who left and
    still hold one.
    """

    license: str
    budget: int
    wanted: int
    assigned: int | None
    free: int | None
    waiting: tuple[str, ...]
    leavers: tuple[str, ...]
    rate: Rate
    runs_out: date | None = None


class MunicipalitySeats(Struct, frozen=True):
    """A municipality's licences; `free` of each is what its own budget leaves."""

    slug: str
    names: Names
    licenses: tuple[SeatUse, ...]
    unknown: str = ""


class TenantForecast(Struct, frozen=True):
    """A tenant's licences; `free` of each is what the provider says is left.

    `bought` is the number of seats by licence, as the provider counts them.
    """

    tenant: str
    bought: dict[str, int]
    licenses: tuple[SeatUse, ...]
    municipalities: tuple[MunicipalitySeats, ...]


class SeatForecast(Struct, frozen=True):
    """All tenants, as of `at` (UTC)."""

    at: datetime
    tenants: tuple[TenantForecast, ...]

    @property
    def exit_code(self) -> int:
        """0: enough for all; 2: somebody waits for a seat; 1: something is unknown."""
        uses = [use for one in self.tenants for use in one.licenses]
        if any(m.unknown for one in self.tenants for m in one.municipalities):
            return 1
        if any(use.free is None for use in uses):
            return 1
        return 2 if any(use.waiting for use in uses) else 0


def rate_of(
    takes: Iterable[Take], known_since: Mapping[str, datetime], now: datetime
) -> Rate:
    """The linear rate of takes in the municipalities of `known_since` (slug → time).

    Looks back over `WINDOW`. A municipality that joined within it counts from the day
    after: what it brought along on its first day is no growth.
    """
    begin = now - WINDOW
    starts = {
        slug: begin if since <= begin else since for slug, since in known_since.items()
    }
    taken = 0
    counted = {slug: 0 for slug in starts}
    for one in takes:
        start = starts.get(one.municipality)
        if start is None or not start <= one.at <= now:
            continue
        if start > begin and one.at.date() <= start.date():
            continue
        taken += 1
        counted[one.municipality] += 1
    days = {slug: (now - start) / timedelta(days=1) for slug, start in starts.items()}
    longest = int(max(days.values(), default=0.0))
    if longest < ENOUGH_DAYS or taken < ENOUGH_TAKEN:
        return Rate(longest, taken)
    per_day = sum(n / max(days[slug], 1.0) for slug, n in counted.items())
    return Rate(longest, taken, per_day)

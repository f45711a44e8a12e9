"""Seats by municipality and licence: the budget, who wants one, and the weeks to come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec import Struct

from provisioner.model.cluster import Cluster
from provisioner.model.municipality import Municipality, Names
from provisioner.model.outcome import Outcome
from provisioner.model.seats_ahead import SeatsAhead
from provisioner.model.wish import Wish
from provisioner.service.request_rules import seats_left
from provisioner.service.seats_ahead import seats_ahead
from provisioner.store import Store

_SEATED = ("mailbox",)
_STEP, _BAR, _HEIGHT = 20, 14, 60
"""Of a chart, in its own units: from bar to bar, a bar's width, the height."""


class SeatLine(Struct, frozen=True):
    """One licence in one municipality: its budget and the active people who want it.

    `asked` are seats that open requests take, `after` is what is left for a new one.
    """

    license: str
    budget: int
    wanted: int
    asked: int = 0
    after: int = 0

    @property
    def left(self) -> int:
        """Seats of the budget that nobody wants; negative where too many do."""
        return self.budget - self.wanted


class TownSeats(Struct, frozen=True):
    """A municipality's licences; `waiting` are mailboxes that wait, for whatever reason."""

    slug: str
    names: Names
    tenant: str
    lines: tuple[SeatLine, ...]
    waiting: tuple[Outcome, ...] = ()


def seats(store: Store, towns: Sequence[Municipality]) -> list[TownSeats]:
    """The seats of these municipalities."""
    waiting = [one for one in store.standing.waiting() if one.kind in _SEATED]
    scope = frozenset(one.slug for one in towns)
    pending: defaultdict[str, list[Wish]] = defaultdict(list)
    for request in store.requests.unrecorded(scope):
        pending[request.municipality].append(request.wish)
    return [_of_town(one, waiting, pending[one.slug]) for one in towns]


class Bar(Struct, frozen=True):
    """One week of a chart; `over` where more are taken than the budget has."""

    x: int
    y: int
    height: int
    over: bool


class Chart(Struct, frozen=True):
    """Bars of the seats taken, and how far from the top the line of the budget is."""

    bars: tuple[Bar, ...]
    budget: int
    width: int
    height: int = _HEIGHT
    bar: int = _BAR


class TownAhead(Struct, frozen=True):
    """The weeks to come of one municipality, each licence with its chart."""

    slug: str
    names: Names
    licenses: tuple[tuple[SeatsAhead, Chart], ...]


def ahead(
    store: Store, cluster: Cluster, towns: Sequence[Municipality], now: datetime
) -> list[TownAhead]:
    """What is known to come in these municipalities."""
    found = seats_ahead(store, cluster, towns, now)
    return [
        TownAhead(
            one.slug,
            one.names,
            tuple((some, chart(some)) for some in found[one.slug]),
        )
        for one in towns
    ]


def chart(one: SeatsAhead) -> Chart:
    """A licence's weeks as bars, time to the right; pages mirror it where they must."""
    top = max(one.budget, *(week.taken for week in one.weeks), 1)
    bars = []
    for number, week in enumerate(one.weeks):
        height = round(max(0, week.taken) * _HEIGHT / top)
        over = week.taken > one.budget
        bars.append(Bar(number * _STEP, _HEIGHT - height, height, over))
    line = _HEIGHT - round(one.budget * _HEIGHT / top)
    return Chart(tuple(bars), line, len(bars) * _STEP)


def _of_town(
    town: Municipality, waiting: Iterable[Outcome], pending: Iterable[Wish]
) -> TownSeats:
    lines = tuple(
        SeatLine(one.license, one.budget, one.used, one.asked, one.left)
        for one in seats_left(town, pending)
        if one.license
    )
    here = tuple(one for one in waiting if one.municipality == town.slug)
    return TownSeats(town.slug, town.names, town.tenant, lines, here)

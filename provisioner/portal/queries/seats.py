"""Seats by municipality and licence: the budget, who wants one, who waits for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from provisioner.model.cluster import Cluster
from provisioner.model.municipality import Municipality, Names
from provisioner.model.outcome import Outcome
from provisioner.portal.viewer import Viewer
from provisioner.store import Store

_SEATED = ("mailbox",)


class SeatLine(Struct, frozen=True):
    """One licence in one municipality: its budget and the active people who want it."""

    license: str
    budget: int
    wanted: int

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


def seats(store: Store, cluster: Cluster, viewer: Viewer) -> list[TownSeats]:
    """The seats of the municipalities that a viewer sees."""
    waiting = [one for one in store.standing.waiting() if one.kind in _SEATED]
    return [
        of_town(one, waiting) for one in cluster.municipalities if viewer.sees(one.slug)
    ]


def of_town(town: Municipality, waiting: Iterable[Outcome] = ()) -> TownSeats:
    """The seats of one municipality."""
    wanted = Counter(one.license for one in town.people if one.state == "active")
    names = sorted({*town.seats, *wanted} - {""})
    return TownSeats(
        town.slug,
        town.names,
        town.tenant,
        tuple(SeatLine(one, town.seats.get(one, 0), wanted[one]) for one in names),
        tuple(one for one in waiting if one.municipality == town.slug),
    )

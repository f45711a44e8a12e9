"""How the municipalities stand, by kind: the matrix, and one municipality of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from provisioner.model.change import Drift
from provisioner.model.cluster import Cluster
from provisioner.model.municipality import Municipality, Names
from provisioner.model.run import Run
from provisioner.portal.viewer import Viewer
from provisioner.store import Store

KINDS = (
    "domain",
    "administrative_unit",
    "mailbox",
    "shared_mailbox",
    "forum",
    "server",
    "website",
    "backup_job",
)
_WORST = (
    "missing",
    "conflict",
    "drifted",
    "unknown",
    "waiting",
    "pending",
    "unmanaged",
)


class Cell(Struct, frozen=True):
    """One kind in one municipality.

    `wanted` is how many the inventory wants (None where it does not say), `states` counts
    what is not in sync, `since` when the oldest of it was first seen, `looked` when
    somebody last looked (UTC; None is never).
    """

    kind: str
    wanted: int | None
    states: dict[str, int] = {}
    since: datetime | None = None
    looked: datetime | None = None

    @property
    def empty(self) -> bool:
        """Nothing is wanted here, and nothing was found."""
        return self.wanted == 0 and not self.states

    @property
    def state(self) -> str:
        """The state to be told first."""
        worst = next((one for one in _WORST if self.states.get(one)), "")
        return worst or ("in_sync" if self.looked else "unknown")


class Row(Struct, frozen=True):
    """One municipality with its cells, in the order of `KINDS`."""

    slug: str
    names: Names
    domain: str
    cells: tuple[Cell, ...]

    @property
    def states(self) -> dict[str, int]:
        """What is not in sync, over all kinds."""
        total: dict[str, int] = defaultdict(int)
        for cell in self.cells:
            for state, count in cell.states.items():
                total[state] += count
        return dict(total)

    @property
    def looked(self) -> datetime | None:
        """The last look of all."""
        return max((one.looked for one in self.cells if one.looked), default=None)


class Matrix(Struct, frozen=True):
    """All that a viewer sees."""

    rows: tuple[Row, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of which there is something to tell."""
        told = {cell.kind for row in self.rows for cell in row.cells if not cell.empty}
        return tuple(kind for kind in KINDS if kind in told)

    @property
    def states(self) -> dict[str, int]:
        """What is not in sync, over all."""
        total: dict[str, int] = defaultdict(int)
        for row in self.rows:
            for state, count in row.states.items():
                total[state] += count
        return dict(total)


def matrix(store: Store, cluster: Cluster, viewer: Viewer) -> Matrix:
    """The municipalities a viewer sees, and the cluster itself for who sees all."""
    owners = [one for one in cluster.municipalities if viewer.sees(one.slug)]
    if viewer.sees_all:
        owners += cluster.itself
    return Matrix(_rows(store, owners, viewer))


def row(store: Store, owner: Municipality, viewer: Viewer) -> Row:
    """One municipality, which the viewer must be let see."""
    return _rows(store, [owner], viewer)[0]


def towns_of(cluster: Cluster, viewer: Viewer, slug: str = "") -> list[Municipality]:
    """The municipalities that a viewer sees, or the one of a slug if it is among them."""
    return [
        one
        for one in cluster.municipalities
        if viewer.sees(one.slug) and slug in ("", one.slug)
    ]


def owner_of(cluster: Cluster, slug: str, viewer: Viewer) -> Municipality | None:
    """The municipality (or the cluster as an owner) of a slug, if the viewer sees it."""
    if not viewer.sees(slug):
        return None
    owners = (*cluster.municipalities, *cluster.itself)
    return next((one for one in owners if one.slug == slug), None)


def _rows(
    store: Store, owners: Iterable[Municipality], viewer: Viewer
) -> tuple[Row, ...]:
    states: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    since: dict[tuple[str, str], datetime] = {}
    for one in store.standing.drift(viewer.scope):
        place = (one.municipality, one.kind)
        states[place][one.drift] = one.count
        since[place] = min(one.since, since.get(place, one.since))
    for outcome in store.standing.waiting():
        found = states[(outcome.municipality, outcome.kind)]
        found["waiting"] = found.get("waiting", 0) + 1
    looks = _looks(store, store.standing.looks())
    for place, look in looks.items():
        if look.failed:
            states[place][Drift.UNKNOWN] = states[place].get(Drift.UNKNOWN, 0) + 1
    return tuple(_row(one, states, since, looks) for one in owners)


class Look(Struct, frozen=True):
    """The last look at one kind in one municipality; `failed` where it saw nothing."""

    at: datetime
    failed: bool = False


def _looks(store: Store, runs: Iterable[Run]) -> dict[tuple[str, str], Look]:
    found: dict[tuple[str, str], Look] = {}
    for run in runs:
        if isinstance(run.summary, dict) and "reason" in run.summary:
            continue  # it broke off before it had looked
        new = [
            (slug, kind)
            for slug in run.municipalities
            for kind in run.kinds
            if (slug, kind) not in found
        ]
        if not new or run.finished is None:
            continue
        unread = _unread(store, run.id)
        found |= {place: Look(run.finished, place in unread) for place in new}
    return found


def _unread(store: Store, run_id: str) -> set[tuple[str, str]]:
    """The kinds that a run could not read at all, by municipality."""
    return {
        (saved.municipality, finding.kind)
        for saved in store.plans.of_run(run_id)
        for finding in saved.plan.findings
        if finding.drift is Drift.UNKNOWN and not finding.name
    }


def _row(
    owner: Municipality,
    states: Mapping[tuple[str, str], dict[str, int]],
    since: Mapping[tuple[str, str], datetime],
    looks: Mapping[tuple[str, str], Look],
) -> Row:
    wanted = _wanted(owner)
    cells = []
    for kind in KINDS:
        place = (owner.slug, kind)
        look = looks.get(place)
        cells.append(
            Cell(
                kind,
                wanted.get(kind),
                states.get(place, {}),
                since.get(place),
                look.at if look else None,
            )
        )
    return Row(owner.slug, owner.names, owner.domain, tuple(cells))


def _wanted(owner: Municipality) -> dict[str, int]:
    """How many of each kind the inventory wants; forums are counted by nobody here."""
    active = sum(1 for one in owner.people if one.state == "active")
    if owner.level == "cluster":
        none = {kind: 0 for kind in KINDS if kind not in ("forum", "server")}
        hosts = {"forum": 0} if not owner.tenant else {}
        return none | hosts | ({"server": 0} if owner.tenant else {})
    return {
        "domain": 1,
        "administrative_unit": 1,
        "mailbox": active,
        "shared_mailbox": len(owner.shared_mailboxes),
        "forum": 0,
        "server": len(owner.servers),
        "website": len(owner.websites),
        "backup_job": len(owner.backups),
    }

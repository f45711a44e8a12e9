"""The figures of a report: by municipality, by kind, and over all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from provisioner.model.report import MunicipalityReport, Report
from provisioner.renderers.items import Parts
from provisioner.renderers.words import ACTIONS, KINDS

TOLD = ("in_sync", "pending", "drifted", "missing", "conflict", "unmanaged", "unknown")
ENDED = ("done", "waiting", "failed", "refused", "skipped", "unproven")


class KindFigures(Struct, frozen=True):
    """Changes of one kind by action, and the resources with nothing to do."""

    kind: str
    actions: dict[str, int]
    in_sync: int


class MunicipalitySummary(Struct, frozen=True):
    """The figures of one municipality; `parts` finds what they are made of.

    `states` counts resources by a key of `words.STATES`; `waiting` those that time or a
    purchase helps, `held` those a person must decide on, quarantine included.
    """

    report: MunicipalityReport
    parts: Parts
    states: dict[str, int]
    kinds: tuple[KindFigures, ...]
    seats: dict[str, int]
    ready: int
    writes: int
    waiting: int
    held: int
    by_hand: tuple[str, ...]
    next_look: datetime | None

    @property
    def quiet(self) -> bool:
        """True where there is nothing to tell about."""
        one = self.report
        told = self.states.keys() - {"in_sync", "done"}
        return not (told or one.error or one.refusals or one.resolved or self.by_hand)


class Summary(Struct, frozen=True):
    """The figures of a whole report."""

    municipalities: tuple[MunicipalitySummary, ...]
    states: dict[str, int]
    kinds: tuple[KindFigures, ...]
    seats: dict[str, int]

    def total(self, figure: str) -> int:
        """The sum of one figure over all municipalities: `ready`, `writes`, `held` …"""
        return sum(getattr(one, figure) for one in self.municipalities)

    @property
    def errors(self) -> int:
        return sum(1 for one in self.municipalities if one.report.error)

    @property
    def by_hand(self) -> int:
        """How many; a line that begins with # explains the next."""
        lines = (line for one in self.municipalities for line in one.by_hand)
        return sum(not line.startswith("#") for line in lines)

    @property
    def next_look(self) -> datetime | None:
        """The earliest moment at which another look is worth it."""
        moments = [one.next_look for one in self.municipalities if one.next_look]
        return min(moments, default=None)


def summarise(report: Report) -> Summary:
    """Every figure of a report, in the order of its municipalities."""
    municipalities = tuple(_municipality(one) for one in report.municipalities)
    states: Counter[str] = Counter()
    seats: Counter[str] = Counter()
    for one in municipalities:
        states.update(one.states)
        seats.update(one.seats)
    kinds = _merged(kind for one in municipalities for kind in one.kinds)
    return Summary(municipalities, dict(states), kinds, dict(sorted(seats.items())))


def _municipality(one: MunicipalityReport) -> MunicipalitySummary:
    plan, parts = one.plan, Parts(one)
    states = Counter(parts.states.values())
    in_sync = sum(plan.in_sync.values())
    if in_sync:
        states["in_sync"] += in_sync
    applicable = plan.applicable
    seats: Counter[str] = Counter()
    for change in applicable:
        if change.seats:
            seats.update(change.seats)
    return MunicipalitySummary(
        one,
        parts,
        dict(states),
        _kinds(one),
        {name: count for name, count in seats.items() if count},
        len(applicable),
        sum(change.writes for change in applicable),
        _waiting(one, parts),
        _held(one),
        _by_hand(one),
        min((o.next_look for o in one.outcomes if o.next_look), default=None),
    )


def _waiting(one: MunicipalityReport, parts: Parts) -> int:
    keys = {refusal.key for refusal in one.refusals if refusal.waits and refusal.key}
    keys.update(key for key, state in parts.states.items() if state == "waiting")
    return len(keys)


def _held(one: MunicipalityReport) -> int:
    if one.plan.quarantined:
        return len(one.changes)
    return len({r.key for r in one.refusals if r.key and not r.waits})


def _by_hand(one: MunicipalityReport) -> tuple[str, ...]:
    records = dict.fromkeys(r for change in one.changes for r in change.by_hand)
    records.update(dict.fromkeys(r for item in one.drift for r in item.by_hand))
    return tuple(records)


def _kinds(one: MunicipalityReport) -> tuple[KindFigures, ...]:
    counts = Counter((change.kind, change.action.value) for change in one.changes)
    # A kind of which there is nothing has no row of zeros.
    there = (kind for kind, count in one.plan.in_sync.items() if count)
    names = {kind for kind, _ in counts} | {*there}
    return tuple(
        KindFigures(
            kind,
            {action: counts[kind, action] for action in ACTIONS},
            one.plan.in_sync.get(kind, 0),
        )
        for kind in _in_order(names)
    )


def _merged(kinds: Iterable[KindFigures]) -> tuple[KindFigures, ...]:
    actions: dict[str, Counter[str]] = {}
    in_sync: Counter[str] = Counter()
    for one in kinds:
        actions.setdefault(one.kind, Counter()).update(one.actions)
        in_sync[one.kind] += one.in_sync
    return tuple(
        KindFigures(kind, dict(actions[kind]), in_sync[kind])
        for kind in _in_order(actions)
    )


def _in_order(names: Iterable[str]) -> list[str]:
    known = {name: position for position, name in enumerate(KINDS)}
    return sorted(names, key=lambda name: (known.get(name, len(known)), name))

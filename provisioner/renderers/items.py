"""What a report tells about each resource, gathered from the report's parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from heapq import nsmallest
from typing import Any, TypeVar

from msgspec import Struct

from provisioner.model.change import Action, Change, FieldChange, Finding
from provisioner.model.drift_item import DriftItem, Life
from provisioner.model.outcome import Check, Outcome, Proof, Status
from provisioner.model.plan import Refusal
from provisioner.model.report import MunicipalityReport

# What a person must look at comes first.
_ORDER = (
    "failed",
    "unknown",
    "conflict",
    "missing",
    "drifted",
    "refused",
    "unproven",
    "skipped",
    "waiting",
    "unmanaged",
    "pending",
    "done",
    "in_sync",
)
_RANK = {state: rank for rank, state in enumerate(_ORDER)}

PartT = TypeVar("PartT", Outcome, Proof, DriftItem, Refusal)


class Item(Struct, frozen=True):
    """One resource that a report has something to tell about.

    `state` is a key of `words.STATES`; `held` the name of the guard that holds it back;
    `broken` are the checks of its proof that do not hold; `who`, `when` and `activity`
    are of the change from outside.
    """

    kind: str
    name: str
    state: str
    action: Action | None = None
    fields: tuple[FieldChange, ...] = ()
    by_hand: tuple[str, ...] = ()
    reason: str = ""
    held: str = ""
    life: Life | None = None
    since: datetime | None = None
    next_look: datetime | None = None
    transient: bool = False
    secret_id: str = ""
    broken: tuple[Check, ...] = ()
    details: dict[str, Any] = {}
    who: str = ""
    when: datetime | None = None
    activity: str = ""

    @property
    def compared(self) -> tuple[FieldChange, ...]:
        """The fields worth showing side by side: none for a create."""
        return () if self.action is Action.CREATE else self.fields

    @property
    def new(self) -> tuple[FieldChange, ...]:
        """The fields that a create sets."""
        return self.fields if self.action is Action.CREATE else ()


class Parts:
    """The parts of one municipality's report, found by the key of a resource."""

    def __init__(self, report: MunicipalityReport) -> None:
        self.outcomes = _by_key(report.outcomes)
        self.unproven = {one.key: one for one in report.proofs if not one.proven}
        self.drift = _by_key(report.drift)
        self.refusals = {one.key: one for one in report.refusals if one.key}
        self.quarantine = next((one for one in report.refusals if not one.key), None)
        told: dict[str, Change | Finding | DriftItem | Outcome | Proof] = {}
        for part in (
            report.changes,
            report.findings,
            report.drift,
            report.outcomes,
            tuple(self.unproven.values()),
        ):
            for one in part:
                told.setdefault(one.key, one)
        self.told = told
        self.states = {key: self._state(key, one) for key, one in told.items()}

    def _state(
        self, key: str, one: Change | Finding | DriftItem | Outcome | Proof
    ) -> str:
        outcome = self.outcomes.get(key)
        if outcome is not None and outcome.status is not Status.DONE:
            return outcome.status.value
        if key in self.unproven:
            return "unproven"
        if outcome is not None:
            return outcome.status.value
        item = self.drift.get(key)
        if item is not None:
            return item.drift.value
        if isinstance(one, Change | Finding | DriftItem):
            return one.drift.value
        return "unproven"

    def first(
        self, limit: int | None, skip: frozenset[str] = frozenset()
    ) -> list[Item]:
        """The items to be looked at first, without those whose state is in `skip`."""
        states = self.states
        keys: Iterable[str] = (key for key in states if states[key] not in skip)
        rank: Callable[[str], int] = lambda key: _RANK[states[key]]  # noqa: E731
        chosen = (
            sorted(keys, key=rank) if limit is None else nsmallest(limit, keys, rank)
        )
        return [self._item(key) for key in chosen]

    def _item(self, key: str) -> Item:
        told = self.told[key]
        change = told if isinstance(told, Change) else None
        outcome, drift = self.outcomes.get(key), self.drift.get(key)
        refusal = self.refusals.get(key, self.quarantine if change else None)
        proof = self.unproven.get(key)
        return Item(
            told.kind,
            told.name,
            self.states[key],
            _action(change, outcome),
            change.fields if change else (drift.fields if drift else ()),
            (change.by_hand if change else ()) or (drift.by_hand if drift else ()),
            _reason(told, outcome, drift, refusal),
            refusal.guard if refusal and refusal.key else "",
            drift.life if drift else None,
            drift.since if drift else None,
            outcome.next_look if outcome else None,
            bool(outcome and outcome.transient),
            outcome.secret_id if outcome else "",
            tuple(one for one in proof.checks if not one.holds) if proof else (),
            told.details if isinstance(told, Finding) else {},
            drift.who if drift else "",
            drift.when if drift else None,
            drift.activity if drift else "",
        )


def _by_key(parts: Iterable[PartT]) -> dict[str, PartT]:
    return {one.key: one for one in parts}


def _action(change: Change | None, outcome: Outcome | None) -> Action | None:
    if change is not None:
        return change.action
    return outcome.action if outcome is not None else None


def _reason(
    told: object,
    outcome: Outcome | None,
    drift: DriftItem | None,
    refusal: Refusal | None,
) -> str:
    # What the guard said stands once, among what is held back.
    if outcome is not None and outcome.reason not in ("", _message(refusal)):
        return outcome.reason
    if isinstance(told, Change | Finding) and told.reason:
        # The fields themselves stand below.
        return "" if told.reason.endswith("field(s) differ") else told.reason
    return drift.reason if drift is not None else ""


def _message(refusal: Refusal | None) -> str:
    return refusal.message if refusal is not None else ""

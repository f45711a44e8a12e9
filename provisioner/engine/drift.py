"""Drift items of a municipality, from its plan: what is not as it should be, since when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from provisioner.engine.plan import Draft
from provisioner.engine.ports import Store
from provisioner.engine.scope import Order
from provisioner.kind import Kind
from provisioner.model.change import Change, Drift, Finding
from provisioner.model.drift_item import DriftItem
from provisioner.model.outcome import Outcome, Proof, Status
from provisioner.model.plan import Plan


def drift_items(plan: Plan, now: datetime) -> list[DriftItem]:
    """One item for each difference and each finding of a plan."""
    changed = [_of_change(change, now) for change in plan.changes]
    return changed + [_of_finding(finding, now) for finding in plan.findings]


def _of_change(change: Change, now: datetime) -> DriftItem:
    whole = change.drift in (Drift.MISSING, Drift.UNMANAGED) or not change.object_id
    return DriftItem(
        change.municipality,
        change.kind,
        change.name,
        change.drift,
        () if whole and not change.by_hand else change.fields,
        now,
        now,
        reason=change.reason,
        by_hand=change.by_hand,
    )


def _of_finding(finding: Finding, now: datetime) -> DriftItem:
    return DriftItem(
        finding.municipality,
        finding.kind,
        finding.name,
        finding.drift,
        (),
        now,
        now,
        reason=finding.reason,
    )


def keep_drift(
    order: Order,
    store: Store,
    plans: Mapping[str, Plan],
    kinds: Sequence[Kind],
    now: datetime,
    elsewhere: Collection[str] = (),
) -> dict[str, tuple[list[DriftItem], list[DriftItem]]]:
    """Items with their life, and those resolved since the last look, by municipality.

    Empty unless drift was asked for: only then the items' lives move on. `elsewhere` are
    the keys of what is on hosts that were not looked at: their items stay as they are.
    """
    if order.mode != "drift":
        return {}
    apart = frozenset(elsewhere)
    return {slug: _keep(store, plan, kinds, now, apart) for slug, plan in plans.items()}


def _keep(
    store: Store,
    plan: Plan,
    kinds: Sequence[Kind],
    now: datetime,
    elsewhere: frozenset[str],
) -> tuple[list[DriftItem], list[DriftItem]]:
    """A kind that could not be read keeps its items: not seen is not resolved."""
    unread = {
        one.kind for one in plan.findings if one.drift is Drift.UNKNOWN and not one.name
    }
    items = drift_items(plan, now)
    read = [kind.name for kind in kinds if kind.name not in unread]
    known = [one for one in items if one.kind not in unread]
    current, resolved = store.drift.observe(
        plan.municipality, read, known, now, elsewhere
    )
    return current + [one for one in items if one.kind in unread], resolved


def settled(
    drafts: Mapping[str, Draft],
    outcomes: Iterable[Outcome],
    proofs: Iterable[Proof],
    began: datetime,
    proved: datetime,
) -> dict[str, datetime]:
    """The keys that an apply found, or made and proved, to be as wanted, and when.

    Not those of which there is something else to tell, or that leave something to a person.
    """
    plans = [one.plan for one in drafts.values()]
    told = {one.key for plan in plans for one in plan.findings}
    by_hand = {one.key for plan in plans for one in plan.changes if one.by_hand}
    planned = {one.key for plan in plans for one in plan.changes}
    found = {key for one in drafts.values() for key in one.confirmed} - planned - told
    done = {one.key for one in outcomes if one.status is Status.DONE}
    proven = {one.key for one in proofs if one.proven}
    made = (done & proven) - told - by_hand
    return dict.fromkeys(found, began) | dict.fromkeys(made, proved)


def resolve(
    store: Store, settled: Mapping[str, datetime], now: datetime
) -> dict[str, tuple[list[DriftItem], list[DriftItem]]]:
    """Close the open items of these keys; nothing current and those, by municipality."""
    over: dict[str, tuple[list[DriftItem], list[DriftItem]]] = {}
    for one in store.drift.resolve(settled, now):
        over.setdefault(one.municipality, ([], []))[1].append(one)
    return over

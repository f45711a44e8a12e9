"""What a run was not let do: put to a second person, and told apart from a later plan."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from provisioner.engine.scope import Order
from provisioner.model.approval import Approval, PlannedChange
from provisioner.model.change import Change
from provisioner.model.outcome import Outcome, Status
from provisioner.model.plan import RELEASABLE, Plan, total_checksum

_NAMED = 5


def held_back(
    order: Order,
    plans: Mapping[str, Plan],
    outcomes: Iterable[Outcome],
    run_id: str,
    now: datetime,
    patience: timedelta,
) -> Approval | None:
    """What guards that a person may let go kept this apply from doing, or None.

    It is bound to the plan that is left when what was done is done, in those
    municipalities alone: the others do not make it stale.
    """
    if order.mode != "apply" or order.release or order.only or order.adopt:
        return None
    guards = {
        slug: {one.guard for one in plan.refusals} & RELEASABLE
        for slug, plan in plans.items()
    }
    held = [slug for slug, names in guards.items() if names]
    if not held:
        return None
    done = {one.key for one in outcomes if one.status is Status.DONE}
    left = [_left(plans[slug], done) for slug in _looked_at(order, held, plans)]
    names = tuple(sorted(set().union(*guards.values())))
    checksum = total_checksum(left)
    return Approval(
        run_id=run_id,
        checksum=checksum,
        asked=asked(order)
        | {"municipalities": held, "checksum": checksum, "part": False}
        | {"release": list(names)},
        guards=names,
        changes=tuple(planned_changes(left)),
        requested_by=order.actor,
        requested=now,
        expires=now + patience,
    )


def _looked_at(
    order: Order, held: Sequence[str], plans: Mapping[str, Plan]
) -> list[str]:
    """The owners that an order for `held` covers; see `scope.scope_of`."""
    shared = [slug for slug in plans if "@" in slug and slug not in held]
    return [*held, *(shared if order.kinds else ())]


def _left(plan: Plan, done: Collection[str]) -> Plan:
    changes = tuple(one for one in plan.changes if one.key not in done)
    return msgspec.structs.replace(plan, changes=changes)


def asked(order: Order) -> dict[str, Any]:
    """An order as JSON-like words, for the row of a run."""
    return {
        "mode": order.mode,
        "municipalities": list(order.municipalities),
        "kinds": list(order.kinds),
        "checksum": order.checksum,
        "release": sorted(order.release),
        "only": sorted(order.only),
        "adopt": sorted(order.adopt),
        "refresh": order.refresh,
        "full": order.full,
        "actor": order.actor,
        "approved_by": order.approved_by,
        "urgent": order.urgent,
        "zone": order.zone,
        "part": order.part,
    }


def order_of(asked: Mapping[str, Any]) -> Order:
    """The order that `asked` made these words of."""
    given = dict(asked)
    for name in ("municipalities", "kinds"):
        given[name] = tuple(given.get(name, ()))
    for name in ("release", "only", "adopt"):
        given[name] = frozenset(given.get(name, ()))
    return Order(**given)


def planned_changes(plans: Iterable[Plan]) -> list[PlannedChange]:
    """The changes of plans in the few words by which they are known again."""
    return [
        PlannedChange(one.key, one.action.value, _digest(one))
        for plan in plans
        for one in plan.changes
    ]


def what_changed(
    approved: Iterable[PlannedChange], now: Iterable[PlannedChange]
) -> str:
    """How a plan differs from the approved one, in words; "" where no change differs."""
    before = {one.key: one for one in approved}
    after = {one.key: one for one in now}
    both = before.keys() & after.keys()
    told = {
        "new": sorted(after.keys() - before.keys()),
        "no longer planned": sorted(before.keys() - after.keys()),
        "different": sorted(key for key in both if before[key] != after[key]),
    }
    return "; ".join(f"{word}: {_some(keys)}" for word, keys in told.items() if keys)


def part_differs(
    approved: Iterable[PlannedChange],
    now: Iterable[PlannedChange],
    belongs: Callable[[PlannedChange], bool],
) -> str:
    """How the plan of a zone differs from what was approved for it; "" where it does not.

    `belongs` says of an approved change that it must be planned here. What is in nobody's
    inventory any more belongs to the zone that finds it.
    """
    here = list(now)
    found = {one.key for one in here}
    mine = [one for one in approved if one.key in found or belongs(one)]
    return what_changed(mine, here)


def _some(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return ", ".join(keys[:_NAMED]) + more


def _digest(change: Change) -> str:
    fields = [[one.field, one.before, one.after] for one in change.fields]
    written = msgspec.json.encode(
        [change.object_id, change.action, fields], order="deterministic"
    )
    return hashlib.sha256(written).hexdigest()[:16]

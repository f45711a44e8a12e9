"""Between plan and apply: the guards have their say, and order and approval are held to."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

import msgspec

from provisioner.engine.guards import refusals
from provisioner.engine.guards.removals import REMOVALS
from provisioner.engine.guards.second_person import SECOND_PERSON
from provisioner.engine.guards.view import View
from provisioner.engine.observe import World
from provisioner.engine.plan import Draft
from provisioner.engine.scope import Order
from provisioner.errors import PlanChanged, ProvisionerError
from provisioner.kind import Scope
from provisioner.kinds.membership.roster import leaving
from provisioner.model.change import Change
from provisioner.model.plan import RELEASABLE, Plan, Refusal, total_checksum


class NothingToDo(ProvisionerError):
    """What was named is not in the plan."""


class CannotRelease(ProvisionerError):
    """This guard cannot be let go."""


def guard(scope: Scope, drafts: Mapping[str, Draft], world: World) -> dict[str, Plan]:
    """The plans with what the guards refuse, by municipality slug."""
    plans = {slug: draft.plan for slug, draft in drafts.items()}
    against: dict[str, list[Refusal]] = {slug: [] for slug in plans}
    for one in refusals(View(scope, plans, world)):
        against[one.municipality].append(one)
    return {
        slug: msgspec.structs.replace(plan, refusals=tuple(against[slug]))
        for slug, plan in plans.items()
    }


def approve(order: Order, plans: Mapping[str, Plan]) -> dict[str, Plan]:
    """The plans as approved: checksum compared, guards released.

    Of a part the checksum says nothing: the caller holds its changes against the approved.
    Raises `PlanChanged` when the plan made now is not the approved one, `CannotRelease`
    for a guard that no one may let go, a release without a checksum and a deletion that
    nobody else approved.
    """
    _check_release(order)
    now = total_checksum(plans.values())
    if order.checksum and order.checksum != now and not order.part:
        raise PlanChanged(
            f"The approved plan was {order.checksum[:12]}…, the plan made now is "
            f"{now[:12]}…: the inventory or the world has changed since.",
            remedy="Look at `provisioner plan` again and approve its checksum.",
        )
    return {slug: _released(plan, order.release) for slug, plan in plans.items()}


def limit(
    order: Order, plans: Mapping[str, Plan], wanted: Container[str]
) -> dict[str, Plan]:
    """The plans of an apply, limited to the keys that its order names, if it names some.

    A key of `wanted` (what the inventory wants) that is not planned is as it should be:
    nothing to do. Raises `NothingToDo` for any other key, but in a part of an order, where
    it may be in another zone.
    """
    if order.mode != "apply" or not order.only:
        return dict(plans)
    planned = {one.key for plan in plans.values() for one in plan.changes}
    unknown = sorted(k for k in order.only if k not in planned and k not in wanted)
    if unknown and not order.part:
        raise _nothing_to_do(order, unknown)
    return {slug: _limited(plan, order.only) for slug, plan in plans.items()}


def _nothing_to_do(order: Order, unknown: Sequence[str]) -> NothingToDo:
    keys = ", ".join(unknown)
    if order.adopt.isdisjoint(unknown):
        return NothingToDo(
            f"Not in the plan: {keys}. The inventory does not want it, and no difference of"
            " it is found.",
            remedy="Check the key, or look for differences again: `provisioner drift`.",
        )
    return NothingToDo(
        f"Not in the plan: {keys}.",
        remedy="It must stand in the inventory, exist in the tenant and bear no mark "
        "of ours; `provisioner plan` shows the keys.",
    )


def _limited(plan: Plan, only: frozenset[str]) -> Plan:
    """A plan with the changes of `only`, and with what the guards have against those."""
    changes = tuple(one for one in plan.changes if one.key in only)
    refusals = tuple(r for one in plan.refusals for r in _against(one, changes))
    return msgspec.structs.replace(plan, changes=changes, refusals=refusals)


def _against(one: Refusal, changes: Sequence[Change]) -> Iterator[Refusal]:
    """What of a refusal is against some of a plan's changes.

    Too many removals quarantine a municipality for what takes somebody out: of a few
    changes they hold back those alone.
    """
    if not one.key and one.guard == REMOVALS:
        for change in changes:
            if change.removes or leaving(change):
                yield msgspec.structs.replace(one, key=change.key)
    elif not one.key or any(change.key == one.key for change in changes):
        yield one


def _check_release(order: Order) -> None:
    for name in sorted(order.release - RELEASABLE):
        raise CannotRelease(
            f"The guard {name!r} cannot be released.",
            remedy=f"Only {', '.join(sorted(RELEASABLE))} can.",
        )
    if order.release and not order.checksum:
        raise CannotRelease(
            "A guard is released only for a plan somebody has seen.",
            remedy="Give its --checksum.",
        )
    if SECOND_PERSON in order.release:
        _check_second_person(order)


def _check_second_person(order: Order) -> None:
    """Two people: the one who acts, and another one who has agreed."""
    first, second = (" ".join(n.split()) for n in (order.actor, order.approved_by))
    if not second or second.casefold() == first.casefold():
        raise CannotRelease(
            f"Deleting takes two people: {first} acts and cannot approve too."
            if second
            else "Deleting takes two people: name another.",
            remedy="Give --approved-by with the name of the one who agreed.",
        )


def _released(plan: Plan, release: frozenset[str]) -> Plan:
    kept = tuple(one for one in plan.refusals if one.guard not in release)
    return msgspec.structs.replace(plan, refusals=kept)

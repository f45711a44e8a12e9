"""An apply is bound to what somebody has approved: to a checksum, or to a part of its plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from provisioner.engine.approval import part_differs, planned_changes, what_changed
from provisioner.engine.desired import Desired, by_key
from provisioner.engine.guard import approve
from provisioner.engine.ports import Store
from provisioner.engine.scope import Order
from provisioner.errors import PlanChanged
from provisioner.kind import Kind
from provisioner.model.approval import PlannedChange
from provisioner.model.plan import Plan


def approve_as_bound(
    order: Order,
    plans: Mapping[str, Plan],
    store: Store,
    kinds: Sequence[Kind],
    desired: Desired,
) -> dict[str, Plan]:
    """The plans as approved, see `guard.approve`.

    Raises `PlanChanged`, saying what changed where the approved plan is known. A part of an
    approved plan is refused where it is not known.
    """
    if order.part and order.checksum:
        _require_part(order, plans, store, kinds, desired)
    try:
        return approve(order, plans)
    except PlanChanged as error:
        _require_same_scope(order, plans, store, kinds)
        error.message += _difference(order, plans, store)
        raise


def _require_part(
    order: Order,
    plans: Mapping[str, Plan],
    store: Store,
    kinds: Sequence[Kind],
    desired: Desired,
) -> None:
    where = f"zone {order.zone}" if order.zone else "what is on no host"
    approved = _approved(order, store)
    if approved is None:
        raise PlanChanged(
            f"The approved plan {order.checksum[:12]}… is not kept here, so nobody can tell"
            f" what of it is meant for {where}.",
            remedy="Plan again and approve that.",
        )
    wanted, here = by_key(desired).keys(), {kind.name for kind in kinds}

    def belongs(one: PlannedChange) -> bool:
        return one.key in wanted if order.zone else one.key.split("/")[1] in here

    told = part_differs(approved, planned_changes(plans.values()), belongs)
    if told:
        raise PlanChanged(
            f"The plan for {where} is not that part of the approved plan"
            f" {order.checksum[:12]}…: {told}.",
            remedy="Look at `provisioner plan` again and approve its checksum.",
        )


def _approved(order: Order, store: Store) -> Sequence[PlannedChange] | None:
    """The changes that the checksum of an order stands for, None where nobody knows."""
    approval = store.approvals.of_checksum(order.checksum)
    if approval is not None:
        return approval.changes
    saved = [one.plan for one in store.plans.of_checksum(order.checksum)]
    return planned_changes(saved) if saved else None


def _require_same_scope(
    order: Order, plans: Mapping[str, Plan], store: Store, kinds: Sequence[Kind]
) -> None:
    """Raise `PlanChanged` where the approved plan is of other municipalities or kinds."""
    saved = store.plans.of_checksum(order.checksum)
    run = store.runs.get(saved[0].run_id) if saved else None
    if run is None:
        return
    names: list[str] = []
    remedies: list[str] = []
    for option, approved, now, named in (
        ("--municipality", run.municipalities, plans, order.municipalities),
        ("--kind", run.kinds, [kind.name for kind in kinds], order.kinds),
    ):
        if set(approved) == set(now):
            continue
        if named and set(approved) > set(now):
            remedies.append(f"Leave out {option}, or name all that it was made for.")
        else:
            names += approved
            added = " ".join(f"{option} {one}" for one in approved)
            remedies.append(f"{'Give' if named else 'Add'} {added}.")
    if remedies:
        whose = f"for {', '.join(names)} only" if names else "that looks at more"
        raise PlanChanged(
            f"The checksum {order.checksum[:12]}… is of a plan {whose}.",
            remedy=" ".join(remedies),
        ) from None


def _difference(order: Order, plans: Mapping[str, Plan], store: Store) -> str:
    approved = _approved(order, store)
    if approved is None:
        return ""
    told = what_changed(approved, planned_changes(plans.values()))
    return f" {told}." if told else " No change differs, but what guards hold back."

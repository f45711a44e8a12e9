"""Plans of runs as the API tells them; both runs and approvals show them."""

from __future__ import annotations

from provisioner.portal.api.shapes.runs import Change, Plan, Refusal
from provisioner.store import Store
from provisioner.store.plans import SavedPlan

_SHOWN = 200


def plans_of(store: Store, run_id: str) -> list[Plan]:
    """What a run planned, by municipality; of many changes the first."""
    return [_told(one) for one in store.plans.of_run(run_id)]


def _told(saved: SavedPlan) -> Plan:
    plan = saved.plan
    return Plan(
        municipality=saved.municipality,
        checksum=saved.checksum,
        writes=plan.writes,
        seats=plan.seats,
        changes=[Change.model_validate(one) for one in plan.changes[:_SHOWN]],
        more=max(0, len(plan.changes) - _SHOWN),
        refusals=[Refusal.model_validate(one) for one in plan.refusals],
    )

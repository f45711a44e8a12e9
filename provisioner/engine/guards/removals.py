"""Guard `removals`: too many mailboxes would be switched off or deleted at once."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.engine.guards.view import View
from provisioner.model.plan import Plan, Refusal


def removals(view: View) -> Iterator[Refusal]:
    """Quarantine a municipality that loses more than the number or the share allowed."""
    limits = view.scope.cluster.guards
    for plan in view.plans.values():
        removed = sum(1 for change in plan.changes if change.removes)
        there = _there(view, plan)
        share = removed / there if there else 0.0
        too_many = removed > limits.removals_number
        too_large = removed > limits.removals_floor and share > limits.removals_share
        if not (too_many or too_large):
            continue
        limit = (
            f"more than {limits.removals_number}"
            if too_many
            else f"more than {limits.removals_share:.0%}"
        )
        yield Refusal(
            "removals",
            plan.municipality,
            "",
            f"{removed} of {there} mailboxes ({share:.0%}) would be switched off or "
            f"deleted, {limit}.",
            "Look at the plan; if it is meant, apply it with "
            "--checksum SUM --release removals.",
        )


def _there(view: View, plan: Plan) -> int:
    """Enabled mailboxes of ours that are there now."""
    seen = view.world.observations.get("mailbox", {}).get(plan.municipality)
    if seen is None:
        return 0
    return sum(1 for one in seen.present.values() if one.mark and one.spec.enabled)

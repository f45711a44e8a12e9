"""Guard `removals`: too many mailboxes would be switched off or deleted at once."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.engine.guards.view import View
from provisioner.model.cluster import GuardLimits
from provisioner.model.plan import Plan, Refusal

REMOVALS = "removals"


def removals(view: View) -> Iterator[Refusal]:
    """Quarantine a municipality that loses more than the number or the share allowed.

    Where it is the deletions that are too many, they alone are held back: they wait for
    a second person, and the work of every day must not wait with them.
    """
    limits = view.scope.cluster.guards
    for plan in view.plans.values():
        removing = [change for change in plan.changes if change.removes]
        disabling = sum(change.disables for change in removing)
        there = _there(view, plan)
        limit = _limit(limits, len(removing), there)
        if not limit:
            continue
        deleting = [one.key for one in removing if not one.disables]
        whole = bool(_limit(limits, disabling, there))
        for key in [""] if whole else deleting:
            yield _refusal(plan, key, len(removing), there, limit)


def _limit(limits: GuardLimits, removed: int, there: int) -> str:
    """The limit that so many would break, in words, or ""."""
    if removed > limits.removals_number:
        return f"more than {limits.removals_number}"
    share = removed / there if there else 0.0
    if removed > limits.removals_floor and share > limits.removals_share:
        return f"more than {limits.removals_share:.0%}"
    return ""


def _refusal(plan: Plan, key: str, removed: int, there: int, limit: str) -> Refusal:
    share = removed / there if there else 0.0
    return Refusal(
        REMOVALS,
        plan.municipality,
        key,
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

"""Guard `protected`: accounts that are never written, whatever the inventory says."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.engine.guards.view import View
from provisioner.model.plan import Refusal


def protected(view: View) -> Iterator[Refusal]:
    """Refuse changes of role holders, synchronised users and listed accounts.

    The list of protected accounts also holds against creating one of them.
    """
    accounts = {one.name: one.protected for one in view.scope.cluster.tenants}
    # Who owns hosts alone has no tenant, and no accounts in one.
    homes = {
        one.slug: accounts.get(one.tenant, ()) for one in view.scope.municipalities
    }
    for plan in view.plans.values():
        listed = {one.lower() for one in homes[plan.municipality]}
        for change in plan.changes:
            observed = view.observed(change)
            reason = observed.protected if observed else ""
            if not reason and change.name in listed:
                reason = "is on the tenant's list of protected accounts"
            if reason:
                yield Refusal(
                    "protected",
                    plan.municipality,
                    change.key,
                    f"{change.name} {reason}; provisioner never writes it.",
                    "Change it by hand, or take it out of the inventory.",
                )

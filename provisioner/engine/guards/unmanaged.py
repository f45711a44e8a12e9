"""Guard `unmanaged`: what bears no mark of ours is only written by explicit word."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.engine.guards.view import View
from provisioner.model.change import Action
from provisioner.model.plan import Refusal


def unmanaged(view: View) -> Iterator[Refusal]:
    """Refuse every adoption that nobody named."""
    for plan in view.plans.values():
        for change in plan.changes:
            if change.action is Action.ADOPT and change.key not in view.scope.adopt:
                yield Refusal(
                    "unmanaged",
                    plan.municipality,
                    change.key,
                    f"{change.name} exists and bears no mark of ours.",
                    f"If it is this person's, run: provisioner adopt {change.key}",
                )

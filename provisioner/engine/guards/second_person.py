"""Guard `second_person`: no mailbox is deleted on the word of one person alone."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.engine.guards.view import View
from provisioner.model.change import Action
from provisioner.model.plan import Refusal

SECOND_PERSON = "second_person"


def second_person(view: View) -> Iterator[Refusal]:
    """Hold back every deletion of a mailbox until somebody else has agreed to the plan."""
    for plan in view.plans.values():
        for change in plan.changes:
            if change.action is Action.DELETE and change.kind == "mailbox":
                yield Refusal(
                    SECOND_PERSON,
                    plan.municipality,
                    change.key,
                    f"{change.name} is due to be deleted; that takes a second person.",
                    "Let another person look at the plan, then apply it with "
                    "--checksum SUM --release second_person --approved-by NAME.",
                )

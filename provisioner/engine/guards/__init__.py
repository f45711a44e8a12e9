"""Guards: what may not be written although the plan says so, each in one file.

A guard sees every plan of the scope at once (seats are shared) and answers with
refusals. One against a key holds back that change; one without a key quarantines the
municipality, and the others go on.
"""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.engine.guards.members import members
from provisioner.engine.guards.protected import protected
from provisioner.engine.guards.removals import removals
from provisioner.engine.guards.seats import seats
from provisioner.engine.guards.second_person import second_person
from provisioner.engine.guards.shrunken import shrunken_inventory
from provisioner.engine.guards.unmanaged import unmanaged
from provisioner.engine.guards.view import Guard, View
from provisioner.model.plan import Refusal

GUARDS: tuple[Guard, ...] = (
    shrunken_inventory,
    removals,
    members,
    protected,
    unmanaged,
    second_person,
    seats,
)


def refusals(view: View, guards: Sequence[Guard] = GUARDS) -> list[Refusal]:
    """Everything the guards have against the plans."""
    return [one for guard in guards for one in guard(view)]

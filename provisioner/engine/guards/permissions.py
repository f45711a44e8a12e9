"""Guard `permissions`: nothing is written where the application lacks what it takes.

Asked at an apply alone: whoever plans may sign in with a read-only application.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from provisioner.engine.observe import World
from provisioner.kind import Scope
from provisioner.model.change import Action, Change
from provisioner.model.plan import Plan, Refusal
from provisioner.providers.graph.permissions import NEEDED

_USER = "PATCH /users/{id}"
_LICENCE = "POST /users/{id}/assignLicense"
_SETTINGS = "PATCH /users/{id}/mailboxSettings"
_MEMBER = "POST /groups/{id}/members/$ref"
_UNIT_MEMBER = "POST /directory/administrativeUnits/{id}/members/$ref"
# The calls that a change of a kind takes in any case.
_CALLS: dict[tuple[str, Action], tuple[str, ...]] = {
    ("mailbox", Action.CREATE): ("POST /users", _LICENCE, _SETTINGS),
    ("mailbox", Action.UPDATE): (_USER,),
    ("mailbox", Action.ADOPT): (_USER,),
    ("mailbox", Action.RESTORE): ("POST /directory/deletedItems/{id}/restore", _USER),
    ("mailbox", Action.DELETE): ("DELETE /users/{id}",),
    ("domain", Action.CREATE): ("POST /domains", "POST /domains/{id}/verify"),
    ("forum", Action.CREATE): ("POST /groups", _MEMBER),
    ("forum", Action.UPDATE): (_MEMBER,),
    ("administrative_unit", Action.CREATE): (
        "POST /directory/administrativeUnits",
        _UNIT_MEMBER,
    ),
    ("administrative_unit", Action.UPDATE): (_UNIT_MEMBER,),
}


def hold_back(scope: Scope, plans: Mapping[str, Plan], world: World) -> dict[str, Plan]:
    """The plans, quarantined where their tenant's application lacks a permission."""
    found = dict(plans)
    for tenant in scope.cluster.tenants:
        granted = world.granted.get(tenant.name)
        if granted is None:
            continue
        homes = [one.slug for one in scope.in_tenant(tenant) if one.slug in plans]
        lacking: dict[str, str] = {}
        for slug in homes:
            for change in plans[slug].applicable:
                lacking = {**_lacking(change, granted), **lacking}
        if not lacking:
            continue
        names = ", ".join(f"{name} ({call})" for name, call in lacking.items())
        for slug in homes:
            if plans[slug].applicable:
                refusal = Refusal(
                    "permissions",
                    slug,
                    "",
                    f"The application of tenant {tenant.name} lacks {names}; nothing was"
                    " written.",
                    f"Grant it {', '.join(lacking)} and give admin consent.",
                )
                found[slug] = msgspec.structs.replace(
                    plans[slug], refusals=(*plans[slug].refusals, refusal)
                )
    return found


def _lacking(change: Change, granted: frozenset[str]) -> dict[str, str]:
    """What a change lacks: the permission to ask for, and a call that takes it."""
    return {
        NEEDED[call][0]: call
        for call in reversed([*_calls(change)])
        if not granted.intersection(NEEDED[call])
    }


def _calls(change: Change) -> Iterator[str]:
    if not change.writes:
        return
    yield from _CALLS.get((change.kind, change.action), ())
    if change.seats:
        yield _LICENCE

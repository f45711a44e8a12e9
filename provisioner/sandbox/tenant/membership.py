"""Making and cutting ties: who may be a member or owner of what, and what is refused."""

from __future__ import annotations

import heapq
import re
from collections.abc import Sequence
from typing import Any, Literal

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.audit import Target
from provisioner.sandbox.tenant.call import Call
from provisioner.sandbox.tenant.grouping import GROUP, UNIT, Grouping
from provisioner.sandbox.tenant.objects import Objects, Plain, Shown, kind_of
from provisioner.sandbox.tenant.recording import (
    category_of,
    grouping_target,
    record,
    user_target,
)
from provisioner.sandbox.tenant.refusal import Refusal, bad_request, not_found
from provisioner.sandbox.tenant.relation import Relation

Side = Literal["members", "owners"]

# The vendor's limit for what one request may bind to a group.
MOST_BOUND = 20
_LAST = re.compile(r"[/(]'?([^/()']+)'?\)?/?$")
_ALLOWED = {GROUP: ("user", GROUP, "servicePrincipal"), UNIT: ("user", GROUP)}


def relation_of(call: Call, side: Side) -> Relation:
    return call.directory.members if side == "members" else call.directory.owners


def referred(value: Any) -> str:
    """The id in an `@odata.id`, absolute or not, with the key as segment or in brackets."""
    found = _LAST.search(value) if isinstance(value, str) else None
    if found is None:
        raise bad_request("Invalid URL format specified in @odata.id.")
    return found[1].lower()


def reference(call: Call) -> str:
    """The id in the body of a `POST …/$ref`."""
    given = {name.lower(): value for name, value in call.document().items()}
    return referred(given.get("@odata.id"))


def bound(body: dict[str, Any], side: Side) -> list[str]:
    """The ids in `members@odata.bind` or `owners@odata.bind`."""
    for name, value in body.items():
        if name.lower() != f"{side}@odata.bind":
            continue
        ids = [referred(one) for one in (value if isinstance(value, list) else [value])]
        if len(ids) > MOST_BOUND:
            raise bad_request(
                f"The number of references in '{side}@odata.bind' exceeds the maximum of"
                f" {MOST_BOUND}."
            )
        return ids
    return []


def bindable(
    call: Call, kind: str, unified: bool, ids: Sequence[str], side: Side
) -> list[Shown]:
    """The objects behind ids that shall be tied; refuses strangers and misfits."""
    objects, found = Objects(call.reader), []
    for identifier in ids:
        one = objects.find(identifier)
        if one is None:
            raise not_found(identifier)
        people = side == "owners" or unified
        if kind_of(one) not in (
            ("user", "servicePrincipal") if people else _ALLOWED[kind]
        ) or (side == "members" and isinstance(one, Grouping) and one.unified):
            if kind == GROUP:
                raise bad_request(
                    "The group type does not support an object of this type as one of its"
                    f" {side}."
                )
            if not isinstance(one, Grouping):
                raise bad_request("Invalid object type for an administrative unit.")
        found.append(one)
    return found


def already(side: Side) -> Refusal:
    return bad_request(
        "One or more added object references already exist for the following modified"
        f" properties: '{side}'."
    )


def tie(
    call: Call, owner: Grouping, ones: Sequence[Shown], side: Side = "members"
) -> None:
    """Tie all of these objects to a grouping, or none where one is tied already."""
    relation = relation_of(call, side)
    ids = [one.id for one in ones]
    if len(set(ids)) < len(ids) or any(relation.has(owner.id, one) for one in ids):
        raise already(side)
    if owner.id in ids:
        raise bad_request("A group cannot be added as a member of itself.")
    lag = call.world.conduct.replication_lag
    for one in ones:
        relation.add(owner.id, one.id, call.now, lag)
        _record(call, owner, one, side, adding=True)
        if side == "members":
            licences_due(call, owner, one.id)


def untie(call: Call, owner: Grouping, identifier: str, side: Side = "members") -> None:
    """Cut one tie; 404 where there is none, 400 for the last owner."""
    relation = relation_of(call, side)
    if not relation.has(owner.id, identifier):
        raise not_found(identifier)
    if side == "owners" and owner.unified and len(relation.of(owner.id)) == 1:
        raise bad_request(
            "The group must have at least one owner, hence this owner cannot be removed."
        )
    one = Objects(call.reader).find(identifier)
    relation.remove(owner.id, identifier, call.now, call.world.conduct.replication_lag)
    if one is not None:
        _record(call, owner, one, side, adding=False)
    if side == "members":
        licences_due(call, owner, identifier)


def licences_due(call: Call, owner: Grouping, member: str) -> None:
    """Have the licences that a group gives looked at for one of its members."""
    if owner.licences:
        due = call.now + call.world.conduct.licence_lag
        heapq.heappush(call.directory.licences_due, (due, member))


def object_target(one: Shown, modified: Sequence[tuple[str, Any, Any]] = ()) -> Target:
    if isinstance(one, Account):
        return user_target(one, modified)
    if isinstance(one, Plain):
        label = str(one.row.get("displayName", ""))
        return Target(one.id, "ServicePrincipal", label, None, tuple(modified))
    return grouping_target(one, modified)


def _record(
    call: Call, owner: Grouping, one: Shown, side: Side, *, adding: bool
) -> None:
    where = "group" if owner.kind == GROUP else "administrative unit"
    name = "Group" if owner.kind == GROUP else "AdministrativeUnit"
    facts = [(f"{name}.ObjectID", owner.id), (f"{name}.DisplayName", owner.label)]
    modified = [(n, None, v) if adding else (n, v, None) for n, v in facts]
    verb, way = ("Add", "to") if adding else ("Remove", "from")
    record(
        call,
        f"{verb} {side[:-1]} {way} {where}",
        object_target(one, modified),
        grouping_target(owner),
        category=category_of(owner),
        operation="Assign" if adding else "Unassign",
    )

"""`…/administrativeUnits/{id}/scopedRoleMembers` and members of directory roles."""

from __future__ import annotations

import uuid
from typing import Any

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Answer, Call, reply, reply_list
from provisioner.sandbox.tenant.group_writes import own_grouping, seen_grouping
from provisioner.sandbox.tenant.grouping import UNIT
from provisioner.sandbox.tenant.kept import ScopedRole
from provisioner.sandbox.tenant.membership import already, object_target, reference
from provisioner.sandbox.tenant.objects import ROLE_TEMPLATES, newest, role_of, roles_of
from provisioner.sandbox.tenant.organization import found_role
from provisioner.sandbox.tenant.recording import grouping_target, record
from provisioner.sandbox.tenant.refusal import bad_request, not_found

_WHAT = "scopedRoleMemberships"


def _wire(call: Call, one: ScopedRole) -> dict[str, Any]:
    member = call.directory.accounts.get(one.member)
    name = member.properties.get("displayName") if member is not None else None
    return {
        "id": one.id,
        "administrativeUnitId": one.unit,
        "roleId": one.role,
        "roleMemberInfo": {"id": one.member, "displayName": name},
    }


def list_scoped(call: Call) -> Answer:
    unit = seen_grouping(call, UNIT)
    roles = call.directory.scoped_roles.values()
    return reply_list(
        call, _WHAT, [_wire(call, one) for one in roles if one.unit == unit.id]
    )


def _found(call: Call) -> ScopedRole:
    unit = seen_grouping(call, UNIT)
    found = call.directory.scoped_roles.get(call.params[1])
    if found is None or found.unit != unit.id:
        raise not_found(call.params[1])
    return found


def read_scoped(call: Call) -> Answer:
    return reply(call, f"{_WHAT}/$entity", _wire(call, _found(call)))


def add_scoped(call: Call) -> Answer:
    """Give a user a role within the unit; the role by its id or its template's."""
    unit, body = own_grouping(call, UNIT), call.document()
    asked = str(body.get("roleId", "")).lower()
    names = {**roles_of(call.directory), **{v: k for k, v in ROLE_TEMPLATES.items()}}
    if asked not in names:
        raise not_found(asked)
    role = role_of(call.directory, names[asked])
    info = body.get("roleMemberInfo")
    wanted = str(info.get("id", "")) if isinstance(info, dict) else ""
    member = newest(call.directory, wanted)
    if not isinstance(member, Account):
        raise not_found(wanted)
    kept = call.directory.scoped_roles
    if any(
        (o.unit, o.role, o.member) == (unit.id, role.id, member.id)
        for o in kept.values()
    ):
        raise bad_request(
            "A conflicting object with one or more of the specified property"
            " values is present in the directory.",
            "ObjectConflict",
            "roleMemberInfo",
        )
    new = ScopedRole(str(uuid.uuid4()), unit.id, role.id, member.id)
    kept[new.id] = new
    facts = [("Role.DisplayName", None, names[asked])]
    record(
        call,
        "Add scoped member to role",
        object_target(member, facts),
        grouping_target(unit),
        category="RoleManagement",
        operation="Assign",
    )
    return reply(call, f"{_WHAT}/$entity", _wire(call, new), 201)


def remove_scoped(call: Call) -> Answer:
    found = _found(call)
    unit = own_grouping(call, UNIT)
    del call.directory.scoped_roles[found.id]
    member = newest(call.directory, found.member)
    targets = [object_target(member)] if member is not None else []
    record(
        call,
        "Remove scoped member from role",
        *targets,
        grouping_target(unit),
        category="RoleManagement",
        operation="Unassign",
    )
    return Answer(204)


def add_to_role(call: Call) -> Answer:
    """`POST /directoryRoles/{id}/members/$ref`."""
    name, wanted = found_role(call), reference(call)
    one = newest(call.directory, wanted)
    if not isinstance(one, Account):
        raise not_found(wanted)
    members = call.directory.roles[name]
    if one.id in members:
        raise already("members")
    members.add(one.id)
    _record_role(call, "Add member to role", one, name)
    return Answer(204)


def remove_from_role(call: Call) -> Answer:
    name, wanted = found_role(call), call.params[1].lower()
    members = call.directory.roles[name]
    if wanted not in members:
        raise not_found(wanted)
    if name == "Global Administrator" and len(members) == 1:
        raise bad_request("The last Global Administrator cannot be removed.")
    members.discard(wanted)
    one = newest(call.directory, wanted)
    if isinstance(one, Account):
        _record_role(call, "Remove member from role", one, name)
    return Answer(204)


def _record_role(call: Call, activity: str, one: Account, name: str) -> None:
    adding = activity.startswith("Add")
    change = ("Role.DisplayName", None if adding else name, name if adding else None)
    record(
        call,
        activity,
        object_target(one, [change]),
        category="RoleManagement",
        operation="Assign" if adding else "Unassign",
    )


def activate_role(call: Call) -> Answer:
    """`POST /directoryRoles`: put a role in force that nobody has had yet."""
    template = str(call.document().get("roleTemplateId", "")).lower()
    name = next((n for n, t in ROLE_TEMPLATES.items() if t == template), None)
    if name is None:
        raise not_found(template)
    if name in call.directory.roles:
        raise bad_request(
            "A conflicting object with one or more of the specified property"
            " values is present in the directory.",
            "ObjectConflict",
            "roleTemplateId",
        )
    call.directory.roles[name] = set()
    return reply(call, "directoryRoles/$entity", role_of(call.directory, name).row, 201)

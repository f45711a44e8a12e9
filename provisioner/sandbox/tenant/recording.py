"""Entries of the audit as calls make them: activities in the vendor's words."""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Iterable
from typing import Any

from provisioner.sandbox.tenant.account import Account, value_of
from provisioner.sandbox.tenant.audit import Entry, Modified, Target
from provisioner.sandbox.tenant.call import Call
from provisioner.sandbox.tenant.grouping import UNIT, Grouping, grouping_value

_UNSPOKEN = frozenset({"passwordProfile"})
_UNITS = "AdministrativeUnit"


def name_actor(call: Call) -> None:
    """Let a call be that of a person, where the operator of the sandbox says so.

    `X-Sandbox-Actor` is a user principal name, or `administrator` for the first one;
    `X-Sandbox-Key` proves the operator. What the call may do stays the token's.
    """
    wanted = call.headers.get("x-sandbox-actor", "").lower()
    key = call.headers.get("x-sandbox-key", "").encode()
    if not wanted or not hmac.compare_digest(key, call.world.admin_key.encode()):
        return
    directory = call.directory
    administrators = directory.roles.get("Global Administrator", set())
    first = min(administrators, default="")
    call.actor = directory.by_name.get(wanted, "" if "@" in wanted else first)


def record(
    call: Call,
    activity: str,
    *targets: Target,
    category: str = "UserManagement",
    operation: str = "Update",
    service: str = "Core Directory",
) -> None:
    """Write down that the caller has done this to these objects."""
    call.directory.audits.add(
        Entry(
            at=call.now,
            visible_at=call.now + call.world.conduct.replication_lag,
            id=f"Directory_{uuid.uuid4()}",
            activity=activity,
            category=category,
            operation=operation,
            actor=call.actor or (call.caller.user_id if call.caller else ""),
            targets=targets,
            correlation=call.request_id,
            service=service,
        )
    )


def user_target(account: Account, modified: Iterable[Modified] = ()) -> Target:
    label = str(account.properties.get("displayName", ""))
    return Target(account.id, "User", label, account.name, tuple(modified))


def grouping_target(one: Grouping, modified: Iterable[Modified] = ()) -> Target:
    kind = _UNITS if one.kind == UNIT else "Group"
    return Target(one.id, kind, one.label, None, tuple(modified))


def category_of(one: Grouping) -> str:
    return _UNITS if one.kind == UNIT else "GroupManagement"


def user_changes(old: Account | None, new: Account, names: Iterable[str]) -> Any:
    """What differs between two versions of a user, without anything secret."""
    return [
        (name, None if old is None else value_of(old, name), value_of(new, name))
        for name in sorted(names)
        if name not in _UNSPOKEN
    ]


def grouping_changes(
    old: Grouping | None, new: Grouping, names: Iterable[str]
) -> list[Modified]:
    return [
        (
            name,
            None if old is None else grouping_value(old, name),
            grouping_value(new, name),
        )
        for name in sorted(names)
    ]

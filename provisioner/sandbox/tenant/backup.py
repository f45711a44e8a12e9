"""`/solutions/backupRestore`: Exchange protection policies and the mailboxes under them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

import msgspec

from provisioner.sandbox.tenant.call import Answer, Call, reply, reply_list
from provisioner.sandbox.tenant.clock import moment
from provisioner.sandbox.tenant.kept import Policy, Unit
from provisioner.sandbox.tenant.objects import APPLICATION
from provisioner.sandbox.tenant.refusal import bad_request, not_found

_ROOT = "solutions/backupRestore"
_POLICIES = f"{_ROOT}/exchangeProtectionPolicies"
# How long the service takes to bring a mailbox under a policy that is active.
_SETTLING = 60.0


def read_root(call: Call) -> Answer:
    status = {
        "status": "enabled",
        "lastModifiedDateTime": moment(call.directory.created),
    }
    return reply(call, _ROOT, {"id": call.directory.tenant_id, "serviceStatus": status})


def _actor(call: Call) -> dict[str, Any]:
    application = {"id": call.directory.client_id, "displayName": APPLICATION}
    return {"application": application}


def _policy(call: Call, one: Policy) -> dict[str, Any]:
    settled = call.now - one.changed >= _SETTLING
    status = "updating" if one.status == "active" and not settled else one.status
    total = sum(1 for unit in one.units if unit.removed is None)
    done = total if one.status == "active" and settled else 0
    return {
        "@odata.type": "#microsoft.graph.exchangeProtectionPolicy",
        "id": one.id,
        "displayName": one.label,
        "status": status,
        "isEnabled": one.status == "active",
        "createdBy": _actor(call),
        "createdDateTime": moment(one.created),
        "lastModifiedBy": _actor(call),
        "lastModifiedDateTime": moment(one.changed),
        "protectionPolicyArtifactCount": {
            "total": total,
            "completed": done,
            "inProgress": total - done,
            "failed": 0,
        },
        "retentionSettings": [{"interval": "R/P0Y0M14D", "period": "P365D"}],
    }


def _unit(call: Call, policy: Policy, one: Unit) -> dict[str, Any]:
    account = call.directory.accounts.get(one.user)
    since = max(one.added, policy.changed)
    done = policy.status == "active" and call.now - since >= _SETTLING
    status = "protected" if done else "protectRequested"
    if one.removed is not None:
        status = "removeRequested"
    return {
        "id": one.id,
        "directoryObjectId": one.user,
        "displayName": account and account.properties.get("displayName"),
        "email": account and account.properties.get("mail"),
        "policyId": policy.id,
        "status": status,
        "protectionSources": "manual",
        "createdBy": _actor(call),
        "createdDateTime": moment(one.added),
        "lastModifiedBy": _actor(call),
        "lastModifiedDateTime": moment(one.removed or one.added),
        "error": None,
    }


def _found(call: Call) -> Policy:
    found = call.directory.policies.get(call.params[0].lower())
    if found is None:
        raise not_found(call.params[0])
    return found


def list_policies(call: Call) -> Answer:
    policies = call.directory.policies.values()
    return reply_list(call, _POLICIES, [_policy(call, one) for one in policies])


def read_policy(call: Call) -> Answer:
    return reply(call, f"{_POLICIES}/$entity", _policy(call, _found(call)))


def create_policy(call: Call) -> Answer:
    """A policy; it protects nothing before it is activated."""
    body = call.document()
    label = body.get("displayName")
    if not isinstance(label, str) or not label:
        raise bad_request("A value is required for property 'displayName'.")
    policy = Policy(str(uuid.uuid4()), label, call.now, call.now)
    units = _added(call, policy, body.get("mailboxProtectionUnits") or ())
    policy = msgspec.structs.replace(policy, units=units)
    call.directory.policies[policy.id] = policy
    return reply(call, f"{_POLICIES}/$entity", _policy(call, policy), 201)


def change_policy(call: Call) -> Answer:
    """Another name, and mailboxes as a delta: those with `@removed` leave."""
    policy, body = _found(call), call.document()
    delta = body.get("mailboxProtectionUnits@delta") or body.get(
        "mailboxProtectionUnits"
    )
    units = _added(call, policy, delta or ())
    label = str(body.get("displayName") or policy.label)
    new = msgspec.structs.replace(policy, label=label, units=units, changed=call.now)
    call.directory.policies[policy.id] = new
    return reply(call, f"{_POLICIES}/$entity", _policy(call, new))


def _added(call: Call, policy: Policy, given: Iterable[Any]) -> tuple[Unit, ...]:
    """The units of a policy with those given; refuses people without a mailbox."""
    units = {unit.user: unit for unit in policy.units}
    for one in given:
        entry = one if isinstance(one, dict) else {}
        if "@removed" in entry:
            gone = str(entry.get("id", ""))
            units = {user: unit for user, unit in units.items() if unit.id != gone}
            continue
        user = str(entry.get("directoryObjectId", "")).lower()
        account = call.directory.accounts.get(user)
        if account is None or account.mailbox is None:
            raise bad_request(f"The mailbox of '{user}' cannot be protected.")
        units.setdefault(user, Unit(str(uuid.uuid4()), user, call.now))
    return tuple(units.values())


def activate(call: Call) -> Answer:
    return _switched(call, "active")


def deactivate(call: Call) -> Answer:
    return _switched(call, "inactive")


def _switched(call: Call, status: str) -> Answer:
    policy = msgspec.structs.replace(_found(call), status=status, changed=call.now)
    call.directory.policies[policy.id] = policy
    return reply(call, f"{_ROOT}/protectionPolicies/$entity", _policy(call, policy))


def list_units(call: Call) -> Answer:
    policy = _found(call)
    what = f"{_POLICIES}('{policy.id}')/mailboxProtectionUnits"
    return reply_list(call, what, [_unit(call, policy, one) for one in policy.units])


def list_all_units(call: Call) -> Answer:
    """The mailboxes of every policy."""
    rows = [
        _unit(call, policy, one)
        for policy in call.directory.policies.values()
        for one in policy.units
    ]
    return reply_list(call, f"{_ROOT}/mailboxProtectionUnits", rows)

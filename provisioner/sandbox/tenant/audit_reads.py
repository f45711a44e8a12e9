"""`/auditLogs/directoryAudits`: who changed what, newest first."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from provisioner.sandbox.tenant.audit import Entry, Target
from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.clock import moment
from provisioner.sandbox.tenant.collection import Field, collection
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.listing import answer_list
from provisioner.sandbox.tenant.objects import APPLICATION, principal_id
from provisioner.sandbox.tenant.refusal import not_found
from provisioner.sandbox.tenant.users import entity

_PATH = "auditLogs/directoryAudits"
_BOUND = re.compile(
    r"activityDateTime\s+(ge|gt|le|lt)\s+([0-9T:.+-]+Z?)", re.IGNORECASE
)
_LOOSE = re.compile(r"(?<![\w'])(or|not)(?![\w'])", re.IGNORECASE)


class Seen(Struct, frozen=True, gc=False):
    """An entry with the tenant it belongs to, for the names of those in it."""

    entry: Entry
    directory: Directory


def _initiator(one: Seen) -> dict[str, Any]:
    directory, actor = one.directory, one.entry.actor
    if not actor:
        return {
            "user": None,
            "app": {
                "appId": directory.client_id,
                "displayName": APPLICATION,
                "servicePrincipalId": principal_id(directory),
                "servicePrincipalName": None,
            },
        }
    account = directory.accounts.get(actor)
    return {
        "app": None,
        "user": {
            "id": actor,
            "displayName": account and account.properties.get("displayName"),
            "userPrincipalName": account and account.name,
            "ipAddress": "127.0.0.1",
        },
    }


def _text(value: Any) -> str | None:
    """A value of a property as the audit has it: JSON inside a text."""
    if value is None:
        return None
    listed = value if isinstance(value, list | tuple) else [value]
    return msgspec.json.encode(listed).decode()


def _target(one: Target) -> dict[str, Any]:
    return {
        "id": one.id,
        "displayName": one.label,
        "type": one.type,
        "userPrincipalName": one.upn,
        "groupType": "unknownFutureValue" if one.type == "Group" else None,
        "modifiedProperties": [
            {
                "displayName": name[:1].upper() + name[1:],
                "oldValue": _text(before),
                "newValue": _text(after),
            }
            for name, before, after in one.modified
        ],
    }


def _targets(one: Seen) -> list[dict[str, Any]]:
    return [_target(target) for target in one.entry.targets]


AUDITS = collection(
    "directoryAudit",
    [
        Field("id", "text", lambda one: one.entry.id),
        Field("category", "text", lambda one: one.entry.category),
        Field("correlationId", "text", lambda one: one.entry.correlation),
        Field("result", "text", lambda one: "success"),
        Field("resultReason", "text", lambda one: "", filters=False),
        Field(
            "activityDisplayName", "text", lambda one: one.entry.activity, sorts=True
        ),
        Field(
            "activityDateTime", "moment", lambda one: moment(one.entry.at), sorts=True
        ),
        Field("loggedByService", "text", lambda one: one.entry.service),
        Field("operationType", "text", lambda one: one.entry.operation),
        Field("initiatedBy", "complex", _initiator),
        Field("targetResources", "items", _targets),
        Field("additionalDetails", "items", lambda one: [], filters=False),
    ],
    index_rules=False,
)


def list_audits(call: Call) -> Answer:
    """Newest first; the time asked for is found without looking at all entries."""
    directory = call.directory
    start, end = _times(call.options.get("filter", ""))
    entries = list(directory.audits.between(start, end, call.now))
    rows = (Seen(entry, directory) for entry in reversed(entries))
    return answer_list(call, AUDITS, rows, path=_PATH)


def _times(text: str) -> tuple[float, float]:
    """Bounds that every match must lie within; the filter itself is applied as well."""
    start, end = 0.0, float("inf")
    if _LOOSE.search(text):
        return start, end
    for operator, value in _BOUND.findall(text):
        try:
            at = datetime.fromisoformat(value).timestamp()
        except ValueError:
            continue
        if operator.lower() in ("ge", "gt"):
            start = max(start, at)
        else:
            end = min(end, at + 1.0)
    return start, end


def read_audit(call: Call) -> Answer:
    directory = call.directory
    for entry in directory.audits.between(0.0, call.now, call.now):
        if entry.id == call.params[0]:
            row = AUDITS.row(Seen(entry, directory), AUDITS.default)
            return Answer(200, entity(call, f"{_PATH}/$entity", row))
    raise not_found(call.params[0])

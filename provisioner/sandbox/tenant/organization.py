"""`/organization`, `/directoryRoles` and `/me`: the tenant itself and who runs it."""

from __future__ import annotations

from typing import Any

import msgspec

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Answer, Call, reply, reply_list
from provisioner.sandbox.tenant.clock import moment
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.objects import role_of
from provisioner.sandbox.tenant.properties import DEFAULT_SET
from provisioner.sandbox.tenant.query import refuse_options
from provisioner.sandbox.tenant.refusal import Refusal, not_found


def _organization(directory: Directory) -> dict[str, Any]:
    return {
        "id": directory.tenant_id,
        "displayName": directory.display_name,
        "tenantType": "AAD",
        "createdDateTime": moment(directory.created),
        "countryLetterCode": "IL",
        "country": None,
        "city": None,
        "preferredLanguage": "he",
        "onPremisesSyncEnabled": None,
        "mobileDeviceManagementAuthority": "unknown",
        "businessPhones": [],
        "marketingNotificationEmails": [],
        "technicalNotificationMails": [],
        "securityComplianceNotificationMails": [],
        "securityComplianceNotificationPhones": [],
        "assignedPlans": [],
        "provisionedPlans": [],
        "verifiedDomains": [
            {
                "name": domain.id,
                "type": "Managed",
                "isDefault": domain.default,
                "isInitial": domain.initial,
                "capabilities": ", ".join(domain.services) or "None",
            }
            for domain in directory.domains.values()
            if domain.verified
        ],
    }


def list_organization(call: Call) -> Answer:
    return reply_list(call, "organization", [_organization(call.directory)])


def read_organization(call: Call) -> Answer:
    if call.params[0].lower() != call.directory.tenant_id:
        raise not_found(call.params[0])
    return reply(call, "organization/$entity", _organization(call.directory))


def _members(call: Call, name: str) -> list[dict[str, Any]]:
    reader = call.reader
    projection = call.directory.projection(DEFAULT_SET)
    shown: list[Account] = []
    for identifier in sorted(call.directory.roles[name]):
        account = reader.version(identifier)
        if account is not None and account.deleted is None:
            shown.append(account)
    return [
        {
            "@odata.type": "#microsoft.graph.user",
            **msgspec.json.decode(projection.fresh(one)),
        }
        for one in shown
    ]


def list_roles(call: Call) -> Answer:
    refuse_options(call, "filter", "search", "orderby", "top")
    expand = call.options.get("expand", "").partition("(")[0].lower() == "members"
    roles = []
    for name in call.directory.roles:
        role = role_of(call.directory, name).row
        roles.append({**role, "members": _members(call, name)} if expand else role)
    return reply_list(call, "directoryRoles", roles)


def found_role(call: Call) -> str:
    """The name of the role of the path, by its id or by `roleTemplateId=…`."""
    key = call.params[0].partition("=")[2].strip("'") or call.params[0]
    for name in call.directory.roles:
        role = role_of(call.directory, name).row
        if key.lower() in (role["id"], role["roleTemplateId"]):
            return name
    raise not_found(call.params[0])


def read_role(call: Call) -> Answer:
    role = role_of(call.directory, found_role(call)).row
    return reply(call, "directoryRoles/$entity", role)


def list_role_members(call: Call) -> Answer:
    return reply_list(call, "directoryObjects", _members(call, found_role(call)))


def refuse_me(call: Call) -> Answer:
    raise Refusal(
        400,
        "BadRequest",
        "/me request is only valid with delegated authentication flow.",
    )

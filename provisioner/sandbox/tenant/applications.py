"""`/servicePrincipals` and `/applications`, as far as clients ask when they sign in."""

from __future__ import annotations

import uuid
from typing import Any

from provisioner.sandbox.tenant.call import Answer, Call, Handler, reply
from provisioner.sandbox.tenant.clock import moment
from provisioner.sandbox.tenant.collection import Collection, Field, collection
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.listing import answer_list
from provisioner.sandbox.tenant.objects import APPLICATION, principal_of
from provisioner.sandbox.tenant.query import selected
from provisioner.sandbox.tenant.refusal import not_found

_GRAPH = "00000003-0000-0000-c000-000000000000"
_LISTS = frozenset(
    {"servicePrincipalNames", "alternativeNames", "tags", "identifierUris"}
)
_OBJECT_LISTS = frozenset(
    {"appRoles", "oauth2PermissionScopes", "keyCredentials", "passwordCredentials"}
)


def _principals(directory: Directory) -> list[dict[str, Any]]:
    """The application of the tenant, and Microsoft Graph itself."""
    own = principal_of(directory).row
    graph = {
        **own,
        "id": str(uuid.uuid5(uuid.UUID(directory.tenant_id), _GRAPH)),
        "appId": _GRAPH,
        "appDisplayName": "Microsoft Graph",
        "displayName": "Microsoft Graph",
        "appOwnerOrganizationId": "f8cdef31-a31e-4b4a-93e4-5f571e91255a",
        "servicePrincipalNames": [_GRAPH, "https://graph.microsoft.com"],
    }
    return [own, graph]


def _applications(directory: Directory) -> list[dict[str, Any]]:
    tenant = uuid.UUID(directory.tenant_id)
    return [
        {
            "id": str(uuid.uuid5(tenant, f"application/{directory.client_id}")),
            "deletedDateTime": None,
            "appId": directory.client_id,
            "createdDateTime": moment(directory.created),
            "displayName": APPLICATION,
            "identifierUris": [],
            "publisherDomain": directory.initial_domain,
            "signInAudience": "AzureADMyOrg",
            "tags": [],
            "keyCredentials": [],
            "passwordCredentials": [],
        }
    ]


def _described(kind: str, example: dict[str, Any]) -> Collection:
    return collection(kind, [_field(name, value) for name, value in example.items()])


def _field(name: str, value: Any) -> Field:
    kind: Any = "text"
    if isinstance(value, bool):
        kind = "flag"
    elif name in _OBJECT_LISTS:
        kind = "items"
    elif name in _LISTS:
        kind = "texts"
    return Field(name, kind, lambda row: row[name], sorts=name == "displayName")


_EXAMPLE = Directory(str(uuid.UUID(int=1)), "sandbox.example", 0.0)
_KINDS = {
    "servicePrincipals": (
        _principals,
        _described("servicePrincipal", _principals(_EXAMPLE)[0]),
    ),
    "applications": (
        _applications,
        _described("application", _applications(_EXAMPLE)[0]),
    ),
}


def lister(name: str) -> Handler:
    """The handler of `GET /servicePrincipals` or `/applications`."""
    rows, described = _KINDS[name]

    def handle(call: Call) -> Answer:
        return answer_list(call, described, rows(call.directory), path=name)

    return handle


def reader(name: str) -> Handler:
    """The handler that reads one by its id or by `appId='…'`."""
    rows, described = _KINDS[name]

    def handle(call: Call) -> Answer:
        key = call.params[0].lower()
        by_app = key.removeprefix("appid=").strip("'") if "=" in key else None
        for row in rows(call.directory):
            if by_app == row["appId"].lower() or key == row["id"]:
                names = selected(
                    call.options.get("select"), described.default, described
                )
                return reply(call, f"{name}/$entity", {one: row[one] for one in names})
        raise not_found(call.params[0])

    return handle

"""Objects of any type by their id: users, groups, units, roles, the application."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Call
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.grouping import (
    DEFAULTS,
    GROUP,
    PROPERTIES,
    UNIT,
    Grouping,
    grouping_json,
)
from provisioner.sandbox.tenant.properties import BY_LOWER, DEFAULT_SET
from provisioner.sandbox.tenant.refusal import Refusal
from provisioner.sandbox.tenant.replica import Reader

ROLE, PRINCIPAL = "directoryRole", "servicePrincipal"
# What the one application of a tenant is called in its directory.
APPLICATION = "provisioner"
ROLE_TEMPLATES = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "User Administrator": "fe930be7-5e62-47db-91af-98c3a49a38b1",
    "Groups Administrator": "fdd7a751-b60b-444a-984c-02652fe8fa1c",
    "License Administrator": "4d6ac14f-3453-41d0-bef9-a3e0c569773a",
    "Helpdesk Administrator": "729827e3-9c14-49f7-bb1b-9608f156bbb8",
    "Password Administrator": "966707d0-3269-4727-9be2-8c3a10f19b9d",
    "Authentication Administrator": "c4e39bd9-1100-46d3-8c65-fb160da0071f",
}


class Plain(Struct, frozen=True):
    """A directory role or the application's principal: few, and made from the tenant."""

    kind: str
    id: str
    row: dict[str, Any]


Shown: TypeAlias = Account | Grouping | Plain


def kind_of(one: Shown) -> str:
    return "user" if isinstance(one, Account) else one.kind


def is_live(one: Shown | None) -> bool:
    return one is not None and (isinstance(one, Plain) or one.deleted is None)


def role_of(directory: Directory, name: str) -> Plain:
    """A role as `microsoft.graph.directoryRole`."""
    identifier = str(uuid.uuid5(uuid.UUID(directory.tenant_id), name))
    template = ROLE_TEMPLATES.get(name, str(uuid.uuid5(uuid.NAMESPACE_OID, name)))
    row = {
        "id": identifier,
        "deletedDateTime": None,
        "displayName": name,
        "description": _DESCRIPTIONS.get(name, name),
        "roleTemplateId": template,
    }
    return Plain(ROLE, identifier, row)


_DESCRIPTIONS = {
    "Global Administrator": "Can manage all aspects of the directory and of the services"
    " that use its identities."
}


def roles_of(directory: Directory) -> dict[str, str]:
    """The names of the roles in force by their id."""
    return {role_of(directory, name).id: name for name in directory.roles}


def principal_id(directory: Directory) -> str:
    """The object id of the application's service principal."""
    return str(uuid.uuid5(uuid.UUID(directory.tenant_id), directory.client_id))


def principal_of(directory: Directory) -> Plain:
    row: dict[str, Any] = {
        "id": principal_id(directory),
        "deletedDateTime": None,
        "accountEnabled": True,
        "alternativeNames": [],
        "appDisplayName": APPLICATION,
        "appId": directory.client_id,
        "appOwnerOrganizationId": directory.tenant_id,
        "appRoleAssignmentRequired": False,
        "displayName": APPLICATION,
        "servicePrincipalNames": [directory.client_id],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg",
        "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
        "appRoles": [],
        "oauth2PermissionScopes": [],
        "keyCredentials": [],
        "passwordCredentials": [],
        "replyUrls": [],
    }
    return Plain(PRINCIPAL, row["id"], row)


class Objects:
    """Objects as one replica shows them."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.directory = reader.directory

    def find(self, identifier: str) -> Shown | None:
        """The live object with this id."""
        key = identifier.lower()
        found: Shown | None = self.reader.version(key)
        if found is None:
            found = self._grouping(key)
        if found is None:
            names = roles_of(self.directory)
            if key in names:
                found = role_of(self.directory, names[key])
            elif key == principal_id(self.directory):
                found = principal_of(self.directory)
        return found if is_live(found) else None

    def _grouping(self, key: str) -> Grouping | None:
        reader = self.reader
        return self.directory.groups.version(
            key, reader.now, reader.share
        ) or self.directory.units.version(key, reader.now, reader.share)

    def members(self, owner: str) -> Mapping[str, int]:
        return self.directory.members.seen(owner, self.reader.now, self.reader.share)

    def memberships(self, member: str) -> list[str]:
        """Ids of the groups, units and roles an object is in, directly."""
        reader = self.reader
        tied = self.directory.members.owners_seen(member, reader.now, reader.share)
        roles = [
            role_of(self.directory, name).id
            for name, members in self.directory.roles.items()
            if member in members
        ]
        return [*tied, *roles]


def newest(directory: Directory, identifier: str) -> Shown | None:
    """The live object with this id as it truly is, for writing."""
    key = identifier.lower()
    found: Shown | None = directory.accounts.get(key) or directory.groups.items.get(key)
    if found is None:
        found = directory.units.items.get(key)
    if found is None and key == principal_id(directory):
        found = principal_of(directory)
    return found if is_live(found) else None


def selected_any(text: str | None) -> tuple[str, ...] | None:
    """Names of `$select` over objects of several types, in lower case; None: defaults."""
    if not text:
        return None
    names = tuple(one.strip().lower() for one in text.split(",") if one.strip())
    for name in names:
        if not (
            name in BY_LOWER or name in PROPERTIES[GROUP] or name in PROPERTIES[UNIT]
        ):
            raise Refusal(
                400,
                "BadRequest",
                f"Parsing OData Select and Expand failed: Could not find a property named"
                f" '{name}' on type 'microsoft.graph.directoryObject'.",
            )
    return names


class Rows:
    """JSON of objects of any type, each with its `@odata.type`."""

    def __init__(self, directory: Directory, names: tuple[str, ...] | None) -> None:
        self.directory = directory
        self.names = names
        users = DEFAULT_SET if names is None else _known(names, BY_LOWER)
        self.users = directory.projection(users)
        self.groupings = {
            kind: DEFAULTS[kind] if names is None else _known(names, PROPERTIES[kind])
            for kind in (GROUP, UNIT)
        }

    def plain(self, one: Shown) -> bytes:
        """The object without its type."""
        if isinstance(one, Account):
            current = self.directory.accounts.get(one.id) is one
            return self.users.kept(one) if current else self.users.fresh(one)
        if isinstance(one, Grouping):
            return grouping_json(one, self.groupings[one.kind])
        if self.names is None:
            return msgspec.json.encode(one.row)
        wanted = {k: v for k, v in one.row.items() if k.lower() in self.names}
        return msgspec.json.encode(wanted)

    def typed(self, one: Shown) -> bytes:
        head = b'{"@odata.type":"#microsoft.graph.%s"' % kind_of(one).encode()
        row = self.plain(one)
        return head + (b"," if len(row) > 2 else b"") + row[1:]

    def many(self, ones: Iterable[Shown], *, typed: bool = True) -> list[bytes]:
        write = self.typed if typed else self.plain
        return [write(one) for one in ones]


def _known(names: tuple[str, ...], known: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(known[name].name for name in names if name in known))


def found_object(call: Call, identifier: str) -> Shown | None:
    return Objects(call.reader).find(identifier)

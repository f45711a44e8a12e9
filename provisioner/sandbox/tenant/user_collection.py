"""Users as queries see them: what each property can be filtered, sorted and searched by.

Source: the vendor's user resource page, "Advanced query capabilities".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioner.sandbox.tenant.account import DERIVED, Account, value_of
from provisioner.sandbox.tenant.collection import Collection, Field, Kind, collection
from provisioner.sandbox.tenant.properties import (
    DEFAULT_SET,
    ELSEWHERE,
    EXTENSION_ATTRIBUTES,
    USER,
    Property,
)

_UNFILTERABLE = frozenset(
    {
        "passwordProfile",
        "licenseAssignmentStates",
        "securityIdentifier",
        "streetAddress",
    }
)
_ENDING = frozenset({"mail", "otherMails", "proxyAddresses", "userPrincipalName"})
_SORTING = frozenset({"displayName", "userPrincipalName", "createdDateTime"})
_WORDS = frozenset({"displayName"})
_STARTS = frozenset(
    {
        "givenName",
        "surname",
        "mail",
        "mailNickname",
        "otherMails",
        "userPrincipalName",
    }
)
_PARTS = {
    "employeeOrgData": ("division", "costCenter"),
    "onPremisesExtensionAttributes": EXTENSION_ATTRIBUTES,
    "assignedLicenses": ("skuId", "disabledPlans"),
    "assignedPlans": (
        "assignedDateTime",
        "capabilityStatus",
        "service",
        "servicePlanId",
    ),
    "provisionedPlans": ("capabilityStatus", "provisioningStatus", "service"),
    "identities": ("signInType", "issuer", "issuerAssignedId"),
}
_LISTS_OF_TEXT = frozenset({"businessPhones", "otherMails", "imAddresses"})
_KINDS: dict[str, Kind] = {"text": "text", "flag": "flag", "moment": "moment"}


def _kind(one: Property) -> Kind:
    if one.kind == "texts":
        plain = one.name in _LISTS_OF_TEXT or one.name == "proxyAddresses"
        return "texts" if plain else "items"
    return _KINDS.get(one.kind, "complex")


def _reader(one: Property) -> Callable[[Account], Any]:
    """How a property is read; the plain ones without asking what they are."""
    name = one.name
    if name in DERIVED:
        return DERIVED[name]
    if one.kind == "texts":
        return lambda account: value_of(account, name)
    return lambda account: account.properties.get(name)


def _field(one: Property) -> Field:
    search = "words" if one.name in _WORDS else "start" if one.name in _STARTS else ""
    return Field(
        name=one.name,
        kind=_kind(one),
        read=_reader(one),
        parts=_PARTS.get(one.name, ()),
        filters=one.name not in _UNFILTERABLE,
        ends=one.name in _ENDING,
        sorts=one.name in _SORTING,
        search=search,  # type: ignore[arg-type]
    )


USERS: Collection = collection(
    "user",
    [_field(one) for one in USER.values()],
    DEFAULT_SET,
    indexed=frozenset({"id", "userPrincipalName", "employeeId"}),
    elsewhere=ELSEWHERE,
)

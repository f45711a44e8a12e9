"""Groups, units and objects of any type as queries see them.

Source: the vendor's pages of the group and the administrativeUnit resource.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.collection import Collection, Field, Kind, collection
from provisioner.sandbox.tenant.grouping import (
    DEFAULTS,
    GROUP,
    PROPERTIES,
    UNIT,
    Grouping,
    grouping_value,
)
from provisioner.sandbox.tenant.objects import Shown
from provisioner.sandbox.tenant.properties import Property

_TEXT_LISTS = frozenset(
    {
        "groupTypes",
        "proxyAddresses",
        "resourceBehaviorOptions",
        "resourceProvisioningOptions",
    }
)
_UNFILTERABLE = frozenset(
    {"theme", "preferredDataLocation", "licenseProcessingState", "visibility"}
)
_ENDING = frozenset({"mail", "proxyAddresses"})
_STARTS = frozenset({"mail", "mailNickname"})
_KINDS: dict[str, Kind] = {"text": "text", "flag": "flag", "moment": "moment"}


def _kind(one: Property) -> Kind:
    if one.kind == "texts":
        return "texts" if one.name in _TEXT_LISTS else "items"
    return _KINDS.get(one.kind, "complex")


def _reader(name: str) -> Callable[[Grouping], Any]:
    return lambda one: grouping_value(one, name)


def _field(one: Property) -> Field:
    words = one.name in ("displayName", "description")
    return Field(
        name=one.name,
        kind=_kind(one),
        read=_reader(one.name),
        parts=("skuId", "disabledPlans") if one.name == "assignedLicenses" else (),
        filters=one.name not in _UNFILTERABLE,
        ends=one.name in _ENDING,
        sorts=one.name in ("displayName", "createdDateTime"),
        search="words" if words else "start" if one.name in _STARTS else "",
    )


def _collection(kind: str) -> Collection:
    return collection(
        kind,
        [_field(one) for one in PROPERTIES[kind].values()],
        DEFAULTS[kind],
        indexed=frozenset({"id"}),
    )


GROUPS = _collection(GROUP)
UNITS = _collection(UNIT)
COLLECTIONS = {GROUP: GROUPS, UNIT: UNITS}


def _of_any(name: str) -> Field:
    def read(one: Shown) -> Any:
        if isinstance(one, Account | Grouping):
            return one.properties.get(name)
        return one.row.get(name)

    starts = name in _STARTS or name == "userPrincipalName"
    return Field(
        name,
        "text",
        read,
        ends=name in _ENDING,
        sorts=name == "displayName",
        search="words" if name == "displayName" else "start" if starts else "",
    )


# What a list of objects of several types can be filtered by.
OBJECTS = collection(
    "directoryObject",
    [
        Field("id", "text", lambda one: one.id),
        *map(_of_any, ("displayName", "description", "mail", "userPrincipalName")),
    ],
)

"""Groups and administrative units as the directory keeps them: what has members.

Source of the properties: microsoftgraph/msgraph-metadata v1.0 and the vendor's pages of
the group and the administrativeUnit resource.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from provisioner.sandbox.tenant.account import Licence
from provisioner.sandbox.tenant.clock import moment
from provisioner.sandbox.tenant.properties import Property

GROUP, UNIT = "group", "administrativeUnit"
UNIFIED = "Unified"


class Grouping(Struct, frozen=True, gc=False):
    """One group or unit; replaced as a whole on every change, so that replicas can lag.

    `properties` are those that are set; `licences` are what a group gives its members.
    """

    kind: str
    id: str
    seq: int
    created: float
    properties: dict[str, Any]
    licences: tuple[Licence, ...] = ()
    deleted: float | None = None

    @property
    def unified(self) -> bool:
        """Whether this is a Microsoft 365 group."""
        return UNIFIED in self.properties.get("groupTypes", ())

    @property
    def label(self) -> str:
        return str(self.properties.get("displayName", ""))


def _many(kind: str, names: str, *, writable: bool = False) -> list[Property]:
    return [Property(name, kind, writable) for name in names.split()]


_SHARED = [
    Property("id", "text", writable=False),
    Property("deletedDateTime", "moment", writable=False),
    Property("displayName", "text", limit=256, clearable=False),
    Property("description", "text", limit=1024),
]
_GROUP = [
    *_SHARED,
    Property("classification", "text", limit=256),
    Property("mailNickname", "text", limit=64, clearable=False),
    Property("mailEnabled", "flag", clearable=False),
    Property("securityEnabled", "flag", clearable=False),
    Property("groupTypes", "texts"),
    Property("visibility", "text"),
    Property("isAssignableToRole", "flag"),
    *_many(
        "text",
        "membershipRule membershipRuleProcessingState preferredDataLocation"
        " preferredLanguage theme uniqueName",
        writable=True,
    ),
    *_many("texts", "resourceBehaviorOptions", writable=True),
    *_many("texts", "resourceProvisioningOptions", writable=True),
    *_many("moment", "createdDateTime expirationDateTime renewedDateTime"),
    *_many(
        "text",
        "mail onPremisesDomainName onPremisesNetBiosName onPremisesSamAccountName"
        " onPremisesSecurityIdentifier securityIdentifier",
    ),
    *_many("moment", "onPremisesLastSyncDateTime"),
    *_many("flag", "onPremisesSyncEnabled"),
    *_many(
        "texts", "proxyAddresses onPremisesProvisioningErrors serviceProvisioningErrors"
    ),
]
_ON_REQUEST = [
    *_many("texts", "assignedLicenses assignedLabels"),
    *_many("flag", "hasMembersWithLicenseErrors isManagementRestricted isArchived"),
    *_many("complex", "licenseProcessingState"),
]
_UNIT = [
    *_SHARED,
    Property("visibility", "text"),
    Property("isMemberManagementRestricted", "flag"),
    *_many(
        "text",
        "membershipRule membershipRuleProcessingState membershipType",
        writable=True,
    ),
]

PROPERTIES: dict[str, dict[str, Property]] = {
    GROUP: {one.name.lower(): one for one in (*_GROUP, *_ON_REQUEST)},
    UNIT: {one.name.lower(): one for one in _UNIT},
}
DEFAULTS: dict[str, tuple[str, ...]] = {
    GROUP: tuple(one.name for one in _GROUP),
    UNIT: tuple(one.name for one in _UNIT),
}


def _security_identifier(one: Grouping) -> str:
    raw = uuid.UUID(one.id).bytes_le
    parts = (int.from_bytes(raw[at : at + 4], "little") for at in range(0, 16, 4))
    return "S-1-12-1-" + "-".join(map(str, parts))


_DERIVED: dict[str, Callable[[Grouping], Any]] = {
    "id": lambda one: one.id,
    "createdDateTime": lambda one: moment(one.created),
    "renewedDateTime": lambda one: moment(one.created),
    "deletedDateTime": lambda one: None if one.deleted is None else moment(one.deleted),
    "securityIdentifier": _security_identifier,
    "assignedLicenses": lambda one: [
        {"disabledPlans": held.disabled, "skuId": held.sku_id} for held in one.licences
    ],
    "licenseProcessingState": lambda one: (
        {"state": "ProcessingComplete"} if one.licences else None
    ),
}


def grouping_value(one: Grouping, name: str) -> Any:
    """The value of a property by its canonical name; [] for an empty collection."""
    derive = _DERIVED.get(name)
    if derive is not None:
        return derive(one)
    is_list = PROPERTIES[one.kind][name.lower()].kind == "texts"
    return one.properties.get(name, [] if is_list else None)


def grouping_row(one: Grouping, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: grouping_value(one, name) for name in names}


def grouping_json(one: Grouping, names: tuple[str, ...]) -> bytes:
    return msgspec.json.encode(grouping_row(one, names))

"""A user account as the directory keeps it, and the properties derived from it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from provisioner.sandbox.tenant.catalogue import MAILBOX_PLANS, SKUS_BY_ID, Plan
from provisioner.sandbox.tenant.clock import moment
from provisioner.sandbox.tenant.properties import EXTENSION_ATTRIBUTES, USER


class Licence(Struct, frozen=True, gc=False):
    """An assigned SKU with the plans switched off in it.

    It is held because it was assigned (`direct`), or through these `groups`, or both.
    """

    sku_id: str
    since: float
    disabled: tuple[str, ...] = ()
    direct: bool = True
    groups: tuple[str, ...] = ()

    def plans(self) -> list[Plan]:
        return [p for p in SKUS_BY_ID[self.sku_id].plans if p.id not in self.disabled]


class Office(Struct, frozen=True, gc=False):
    """What only Exchange knows of a mailbox; rights are held by user ids."""

    name: str = ""
    full_access: tuple[str, ...] = ()
    send_as: tuple[str, ...] = ()
    hidden: bool = False
    client_access: dict[str, bool] = {}


class Refused(Struct, frozen=True, gc=False):
    """A licence that a group should give and that could not be had."""

    sku_id: str
    group: str
    error: str
    since: float


class Mailbox(Struct, frozen=True, gc=False):
    """An Exchange mailbox: `settings` are the JSON of what differs from the defaults.

    One that is `shared` needs no licence once the directory has learnt of it, at
    `typed_at`. `size` is in bytes.
    """

    ready_at: float
    ready: bool = False
    settings: bytes = b"{}"
    lost_at: float | None = None
    shared: bool = False
    office: Office = Office()
    typed_at: float = 0.0
    size: int = 0


class Password(Struct, frozen=True, gc=False):
    """What is remembered of a password: never the password."""

    sha256: str
    changed_at: float
    force_change: bool = True
    force_change_with_mfa: bool = False


class Account(Struct, frozen=True, gc=False):
    """One user. Replaced as a whole on every change, so that replicas can lag.

    `properties` are the plain Graph properties that are set; `licences_lost` are those
    held when the user was deleted, for the day it is restored.
    """

    id: str
    seq: int
    created: float
    properties: dict[str, Any]
    licences: tuple[Licence, ...] = ()
    mailbox: Mailbox | None = None
    password: Password | None = None
    proxies: tuple[str, ...] = ()
    deleted: float | None = None
    licences_lost: tuple[Licence, ...] = ()
    refused: tuple[Refused, ...] = ()
    sessions_from: float | None = None

    @property
    def name(self) -> str:
        """The user principal name."""
        return str(self.properties["userPrincipalName"])

    @property
    def domain(self) -> str:
        return self.name.rpartition("@")[2].lower()

    def entitled(self) -> bool:
        """Whether a licence with a real Exchange plan is held."""
        return any(
            plan.id in MAILBOX_PLANS for held in self.licences for plan in held.plans()
        )

    def addresses(self) -> set[str]:
        """All addresses beside the name that no one else may have, in lower case."""
        found = {proxy.partition(":")[2].lower() for proxy in self.proxies}
        mail = self.properties.get("mail")
        if mail:
            found.add(mail.lower())
        found.discard(self.name.lower())
        return found


def _assigned_licenses(account: Account) -> list[dict[str, Any]]:
    return [
        {"disabledPlans": held.disabled, "skuId": held.sku_id}
        for held in account.licences
    ]


def _assigned_plans(account: Account) -> list[dict[str, Any]]:
    return [
        {
            "assignedDateTime": moment(held.since),
            "capabilityStatus": "Enabled",
            "service": plan.service,
            "servicePlanId": plan.id,
        }
        for held in account.licences
        for plan in held.plans()
    ]


def _provisioned_plans(account: Account) -> list[dict[str, Any]]:
    ready = account.mailbox is not None and account.mailbox.ready
    return [
        {
            "capabilityStatus": "Enabled",
            "provisioningStatus": "Success"
            if ready or plan.id not in MAILBOX_PLANS
            else "PendingActivation",
            "service": plan.service,
        }
        for held in account.licences
        for plan in held.plans()
    ]


def _assignment_states(account: Account) -> list[dict[str, Any]]:
    """One for each way in which a licence is held, or was refused."""
    found = []
    for held in account.licences:
        ways = ((None,) if held.direct else ()) + held.groups
        found += [_state(held.sku_id, way, held.since, held.disabled) for way in ways]
    for one in account.refused:
        found.append(_state(one.sku_id, one.group, one.since, (), one.error))
    return found


def _state(
    sku_id: str,
    group: str | None,
    since: float,
    disabled: tuple[str, ...],
    error: str = "None",
) -> dict[str, Any]:
    return {
        "skuId": sku_id,
        "disabledPlans": disabled,
        "assignedByGroup": group,
        "state": "Active" if error == "None" else "Error",
        "error": error,
        "lastUpdatedDateTime": moment(since),
    }


def _extension_attributes(account: Account) -> dict[str, str | None]:
    kept = account.properties.get("onPremisesExtensionAttributes") or {}
    return {name: kept.get(name) for name in EXTENSION_ATTRIBUTES}


def _password_profile(account: Account) -> dict[str, Any] | None:
    if account.password is None:
        return None
    return {
        "password": None,
        "forceChangePasswordNextSignIn": account.password.force_change,
        "forceChangePasswordNextSignInWithMfa": account.password.force_change_with_mfa,
    }


def _security_identifier(account: Account) -> str:
    raw = uuid.UUID(account.id).bytes_le
    parts = (int.from_bytes(raw[at : at + 4], "little") for at in range(0, 16, 4))
    return "S-1-12-1-" + "-".join(map(str, parts))


def _changed_password(account: Account) -> str:
    return moment(account.password.changed_at if account.password else account.created)


DERIVED: dict[str, Callable[[Account], Any]] = {
    "id": lambda account: account.id,
    "createdDateTime": lambda account: moment(account.created),
    "deletedDateTime": lambda account: (
        None if account.deleted is None else moment(account.deleted)
    ),
    "assignedLicenses": _assigned_licenses,
    "assignedPlans": _assigned_plans,
    "provisionedPlans": _provisioned_plans,
    "licenseAssignmentStates": _assignment_states,
    "proxyAddresses": lambda account: account.proxies,
    "onPremisesExtensionAttributes": _extension_attributes,
    "passwordProfile": _password_profile,
    "securityIdentifier": _security_identifier,
    "lastPasswordChangeDateTime": _changed_password,
    "signInSessionsValidFromDateTime": lambda account: (
        _changed_password(account)
        if account.sessions_from is None
        else moment(account.sessions_from)
    ),
    "identities": lambda account: [
        {
            "signInType": "userPrincipalName",
            "issuer": account.domain,
            "issuerAssignedId": account.name,
        }
    ],
}


def value_of(account: Account, name: str) -> Any:
    """The value of a property by its canonical name; [] for an empty collection."""
    derive = DERIVED.get(name)
    if derive is not None:
        return derive(account)
    return account.properties.get(name, [] if USER[name].kind == "texts" else None)

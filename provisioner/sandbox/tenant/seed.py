"""What a sandbox starts from: its tenants, and how faithfully slow they behave."""

from __future__ import annotations

from msgspec import Struct

from provisioner.sandbox.tenant.app_roles import DEFAULT_ROLES


class SkuSeed(Struct, frozen=True):
    """A subscription: part number as in `catalogue.py`, and the seats bought."""

    part_number: str
    enabled: int


class PersonSeed(Struct, frozen=True):
    """Somebody to sign in as: local part in the initial domain, name, app roles."""

    local: str
    display_name: str
    roles: tuple[str, ...]


class ClientSeed(Struct, frozen=True):
    """Another application of a tenant, with its app roles of the portal's API."""

    name: str
    client_id: str
    client_secret: str
    roles: tuple[str, ...]

    def __repr__(self) -> str:
        return f"ClientSeed(name={self.name!r}, client_id={self.client_id!r})"


class TenantSeed(Struct, frozen=True):
    """One Microsoft 365 tenant with the application that may act in it.

    `tenant_id` and `client_id` are GUIDs; `certificate` is the application's public
    certificate as PEM, for sign-in without a secret; `administrators` are local parts
    of users made in the initial domain with the role "Global Administrator"; `roles`
    are the application permissions that an administrator consented to; `people` are
    users of the initial domain with app roles, which their id_token tells; `clients`
    are applications that may ask for the portal's API.
    """

    name: str
    tenant_id: str
    client_id: str
    client_secret: str
    initial_domain: str
    display_name: str
    skus: tuple[SkuSeed, ...] = ()
    administrators: tuple[str, ...] = ()
    certificate: str = ""
    roles: tuple[str, ...] = DEFAULT_ROLES
    people: tuple[PersonSeed, ...] = ()
    clients: tuple[ClientSeed, ...] = ()

    def __repr__(self) -> str:
        return f"TenantSeed(name={self.name!r}, tenant_id={self.tenant_id!r})"


class Conduct(Struct, frozen=True):
    """How the tenant behaves; all times are seconds of the sandbox clock.

    `replication_lag`: how long reads may still show what was before a write.
    `mailbox_delay`: from a licence to a mailbox that answers.
    `licence_lag`: until an assigned licence shows in reads and in consumed units.
    `conversion_lag`: until Graph and licensing learn that a mailbox was made shared, or
    a person's again; Exchange itself knows at once.
    `clock_scale`: sandbox seconds per real second.
    `enforce_quotas`: answer 429 by the vendor's resource units and write quota.
    `seed`: decides which replica answers and which improbable fault strikes.
    `validate`: wish of whoever serves the tenant to check answers by the schema.
    """

    replication_lag: float = 0.0
    mailbox_delay: float = 2.0
    licence_lag: float = 0.0
    conversion_lag: float = 0.0
    clock_scale: float = 1.0
    enforce_quotas: bool = False
    seed: int = 1
    validate: bool = False

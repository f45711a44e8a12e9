"""From the inventory to the sandbox's tenants: their seats and administrators."""

from __future__ import annotations

import math
import secrets
import uuid
from collections import Counter

from provisioner.errors import SandboxError
from provisioner.model.cluster import Cluster, Tenant
from provisioner.sandbox.tenant.catalogue import SKUS
from provisioner.sandbox.tenant.seed import (
    ClientSeed,
    PersonSeed,
    SkuSeed,
    TenantSeed,
)

ADMINISTRATORS = ("admin", "breakglass")
_SPARE = 1.05
_STAFF = (
    PersonSeed("it", "דנה לוי", ("cluster-it",)),
    PersonSeed("approver", "יואב שגב", ("approver",)),
    PersonSeed("operator", "سامر خوري", ("operator",)),
    PersonSeed("auditor", "רות אברהמי", ("auditor",)),
)
_CIOS = {"he": "נועה ברק", "ar": "ليلى حداد"}


def seeds_of(cluster: Cluster) -> tuple[TenantSeed, ...]:
    """One tenant per tenant of the inventory, with a client secret made now.

    Of each licence a tenant offers there are as many seats as its municipalities may
    use, and one in twenty more. In the first one are people to sign in to the portal as,
    one for each role, and for each of them an application that may ask for its API.
    Raises `SandboxError` for a licence the sandbox has no product for.
    """
    return tuple(
        _seed(cluster, tenant, () if number else _people(cluster, tenant))
        for number, tenant in enumerate(cluster.tenants)
    )


def _people(cluster: Cluster, tenant: Tenant) -> tuple[PersonSeed, ...]:
    """The staff of the cluster, and a CIO for a town of each language of the tenant."""
    towns = [one for one in cluster.municipalities if one.tenant == tenant.name]
    by_language = {one.language: one.slug for one in reversed(towns)}
    cios = (
        PersonSeed(f"cio.{slug}", _CIOS[language], (f"cio.{slug}",))
        for language, slug in sorted(by_language.items(), reverse=True)
        if language in _CIOS
    )
    return (*_STAFF, *cios)


def _seed(
    cluster: Cluster, tenant: Tenant, people: tuple[PersonSeed, ...]
) -> TenantSeed:
    budget: Counter[str] = Counter()
    for one in cluster.municipalities:
        if one.tenant == tenant.name:
            budget.update(one.seats)
    unknown = [name for name in tenant.licenses if name not in SKUS]
    if unknown:
        raise SandboxError(
            f"Tenant {tenant.name}: the sandbox has no product {unknown[0]}.",
            remedy=f"It knows {', '.join(sorted(SKUS))}.",
        )
    skus = tuple(
        SkuSeed(name, math.ceil(budget[name] * _SPARE)) for name in tenant.licenses
    )
    return TenantSeed(
        name=tenant.name,
        tenant_id=tenant.tenant_id,
        client_id=tenant.client_id,
        client_secret=secrets.token_urlsafe(30),
        initial_domain=f"{tenant.name}.onmicrosoft.example",
        display_name=cluster.names.en,
        skus=skus,
        administrators=ADMINISTRATORS,
        people=people,
        clients=tuple(_client(tenant, one) for one in people),
    )


def _client(tenant: Tenant, person: PersonSeed) -> ClientSeed:
    """An application with the app roles of a person, for the portal's API."""
    name = f"client/{tenant.tenant_id}/{person.local}"
    return ClientSeed(
        person.local,
        str(uuid.uuid5(uuid.NAMESPACE_OID, name)),
        secrets.token_urlsafe(30),
        person.roles,
    )


def domains_of(cluster: Cluster) -> tuple[str, ...]:
    """The domains whose DNS the sandbox hosts: those of the municipalities."""
    return tuple(one.domain for one in cluster.municipalities)

"""From the inventory to the sandbox's tenants: their seats and administrators."""

from __future__ import annotations

import math
import secrets
from collections import Counter

from provisioner.errors import SandboxError
from provisioner.model.cluster import Cluster, Tenant
from provisioner.sandbox.tenant.catalogue import SKUS
from provisioner.sandbox.tenant.seed import SkuSeed, TenantSeed

ADMINISTRATORS = ("admin", "breakglass")
_SPARE = 1.05


def seeds_of(cluster: Cluster) -> tuple[TenantSeed, ...]:
    """One tenant per tenant of the inventory, with a client secret made now.

    Of each licence a tenant offers there are as many seats as its municipalities may
    use, and one in twenty more. Raises `SandboxError` for a licence the sandbox has no
    product for.
    """
    return tuple(_seed(cluster, tenant) for tenant in cluster.tenants)


def _seed(cluster: Cluster, tenant: Tenant) -> TenantSeed:
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
    )


def domains_of(cluster: Cluster) -> tuple[str, ...]:
    """The domains whose DNS the sandbox hosts: those of the municipalities."""
    return tuple(one.domain for one in cluster.municipalities)

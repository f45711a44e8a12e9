"""Step 3: what is there now, all tenants at once, and what could not be read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provisioner.engine.desired import Desired
from provisioner.errors import ProviderError
from provisioner.kind import Kind, Observed, Providers, Scope
from provisioner.model.cluster import Tenant
from provisioner.model.resource import Observation, Seats, Unknown

_log = logging.getLogger(__name__)


@dataclass
class World:
    """What was observed, by kind name and municipality slug; seats by tenant name.

    `granted` are the application permissions by tenant name, of those that tell them.
    """

    observations: dict[str, dict[str, Observation[Any]]] = field(default_factory=dict)
    seats: dict[str, tuple[Seats, ...]] = field(default_factory=dict)
    granted: dict[str, frozenset[str]] = field(default_factory=dict)

    def of(self, kind: str, municipality: str) -> Observation[Any]:
        return self.observations[kind][municipality]


async def observe(
    scope: Scope,
    kinds: Sequence[Kind],
    desired: Desired,
    providers: Mapping[str, Providers | ProviderError],
) -> World:
    """Read every kind in every tenant of the scope; writes nothing outside.

    `providers` is by tenant name; a tenant that could not be opened holds the error, and
    all of it is unknown, as is a kind whose reading failed.
    """
    world = World({kind.name: {} for kind in kinds})
    tenants = [t for t in scope.cluster.tenants if scope.in_tenant(t)]
    reads = [
        _observe_tenant(scope, tenant, kinds, desired, providers[tenant.name], world)
        for tenant in tenants
    ]
    await asyncio.gather(*reads)
    return world


async def _observe_tenant(
    scope: Scope,
    tenant: Tenant,
    kinds: Sequence[Kind],
    desired: Desired,
    providers: Providers | ProviderError,
    world: World,
) -> None:
    for kind in kinds:
        shown = scope.of_level(kind.level)
        if not shown.in_tenant(tenant):
            continue
        if isinstance(providers, ProviderError):
            seen = _all_unknown(shown, tenant, kind, providers)
        else:
            try:
                seen = await kind.observe(shown, tenant, desired[kind.name], providers)
            except ProviderError as error:
                _log.warning(
                    "%s of tenant %s unknown: %s", kind.name, tenant.name, error
                )
                seen = _all_unknown(shown, tenant, kind, error)
        world.observations[kind.name].update(seen.by_municipality)
        if seen.seats:
            world.seats[tenant.name] = seen.seats
    if isinstance(providers, Providers):
        granted = providers.directory.granted
        if granted is not None:
            world.granted[tenant.name] = granted


def _all_unknown(
    scope: Scope, tenant: Tenant, kind: Kind, error: ProviderError
) -> Observed:
    return Observed(
        {
            one.slug: Observation(
                unknown=(Unknown(one.slug, kind.name, "", str(error)),)
            )
            for one in scope.in_tenant(tenant)
        }
    )

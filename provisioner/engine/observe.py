"""Step 3: what is there now, all tenants at once, and what could not be read."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provisioner.engine.desired import Desired
from provisioner.errors import ProviderError
from provisioner.kind import (
    HostProviders,
    Kind,
    Observed,
    Providers,
    Realm,
    Scope,
)
from provisioner.model.resource import Observation, Seats, Unknown

Opened = Mapping[str, Providers | HostProviders | ProviderError]

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
    providers: Opened,
) -> World:
    """Read every kind in every realm of the scope; writes nothing outside.

    `providers` is by the name of the tenant, "" for the hosts; one that could not be
    opened holds the error, and all of it is unknown, as is a kind whose reading failed.
    """
    world = World({kind.name: {} for kind in kinds})
    by_realm: dict[Realm, list[Kind]] = {}
    for kind in kinds:
        for realm in scope.realms(kind):
            by_realm.setdefault(realm, []).append(kind)
    reads = [
        _observe_realm(scope, realm, some, desired, providers[realm.name], world)
        for realm, some in by_realm.items()
    ]
    await asyncio.gather(*reads)
    return world


async def _observe_realm(
    scope: Scope,
    realm: Realm,
    kinds: Sequence[Kind],
    desired: Desired,
    providers: Providers | HostProviders | ProviderError,
    world: World,
) -> None:
    if isinstance(providers, HostProviders):
        # Hosts are looked at once for all kinds; what a kind asks beside it waits for none.
        reads = (
            _observe_kind(scope, realm, one, desired, providers, world) for one in kinds
        )
        await asyncio.gather(*reads)
        return
    for kind in kinds:
        await _observe_kind(scope, realm, kind, desired, providers, world)
    if isinstance(providers, Providers):
        granted = providers.directory.granted
        if granted is not None:
            world.granted[realm.name] = granted


async def _observe_kind(
    scope: Scope,
    realm: Realm,
    kind: Kind,
    desired: Desired,
    providers: Providers | HostProviders | ProviderError,
    world: World,
) -> None:
    shown = scope.of(kind)
    if isinstance(providers, ProviderError):
        seen = _all_unknown(shown, realm, kind, providers)
    else:
        try:
            seen = await kind.observe(shown, realm, desired[kind.name], providers)
        except ProviderError as error:
            _log.warning("%s of %r unknown: %s", kind.name, realm.name, error)
            seen = _all_unknown(shown, realm, kind, error)
    world.observations[kind.name].update(seen.by_municipality)
    if seen.seats:
        world.seats[realm.name] = seen.seats


def _all_unknown(
    scope: Scope, realm: Realm, kind: Kind, error: ProviderError
) -> Observed:
    return Observed(
        {
            one.slug: Observation(
                unknown=(Unknown(one.slug, kind.name, "", str(error)),)
            )
            for one in scope.within(realm)
        }
    )

"""Step 6: what was made is looked at again; only what answers is proven."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from provisioner.engine.desired import Desired
from provisioner.engine.observe import Opened
from provisioner.errors import ProviderError
from provisioner.kind import HostProviders, Kind, Providers, Realm, Scope
from provisioner.model.outcome import Check, Outcome, Proof, Status
from provisioner.model.resource import Resource


async def verify(
    scope: Scope,
    kinds: Sequence[Kind],
    desired: Desired,
    outcomes: Sequence[Outcome],
    providers: Opened,
) -> list[Proof]:
    """A proof for each resource that this run says it brought about."""
    done = {one.key for one in outcomes if one.status is Status.DONE}
    proofs = await asyncio.gather(
        *(
            _in_realm(scope.of(kind), kind, realm, desired, done, providers[realm.name])
            for kind in kinds
            for realm in scope.realms(kind)
        )
    )
    return [one for some in proofs for one in some]


async def _in_realm(
    scope: Scope,
    kind: Kind,
    realm: Realm,
    desired: Desired,
    done: set[str],
    providers: Providers | HostProviders | ProviderError,
) -> list[Proof]:
    resources = [
        resource
        for one in scope.within(realm)
        for resource in desired[kind.name][one.slug]
        if resource.key in done
    ]
    if not resources or isinstance(providers, ProviderError):
        return []
    try:
        return await kind.verify(scope, realm, resources, providers)
    except ProviderError as error:
        return [_unproven(one, providers, error) for one in resources]


def _unproven(
    resource: Resource[Any],
    providers: Providers | HostProviders,
    error: ProviderError,
) -> Proof:
    check = Check("could be read back", holds=False, detail=str(error))
    return Proof(
        resource.municipality, resource.kind, resource.name, providers.now(), (check,)
    )

"""Proof that a domain works: verified, switched on for mail, and found in DNS."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.errors import ProviderError
from provisioner.kind import Providers, Scope
from provisioner.kinds.domain.observe import read_domain
from provisioner.kinds.domain.spec import (
    MAIL_SERVICE,
    DomainSpec,
    by_field,
    found_records,
    satisfied,
    wanted_values,
)
from provisioner.kinds.pacing import Backoff
from provisioner.model.outcome import Check, Proof
from provisioner.model.resource import Resource
from provisioner.providers.graph.domains import DomainState


async def verify_domains(
    scope: Scope, resources: Sequence[Resource[Any]], providers: Providers
) -> list[Proof]:
    """One proof for each domain; DNS is given `dns_patience` seconds to follow."""
    states = await providers.directory.domains.list()
    dmarc = scope.cluster.defaults.dmarc
    return list(
        await asyncio.gather(
            *(_prove(one, states, dmarc, providers) for one in resources)
        )
    )


async def _prove(
    resource: Resource[Any],
    states: Mapping[str, DomainState],
    dmarc: str,
    providers: Providers,
) -> Proof:
    backoff = Backoff(providers.dns_patience)
    checks = await _checks(resource.name, states, dmarc, providers)
    while not all(one.holds for one in checks) and await backoff.rest():
        checks = await _checks(resource.name, states, dmarc, providers)
    return Proof(
        resource.municipality, resource.kind, resource.name, providers.now(), checks
    )


async def _checks(
    name: str, states: Mapping[str, DomainState], dmarc: str, providers: Providers
) -> tuple[Check, ...]:
    if name not in states:
        return (Check("domain exists", holds=False),)
    try:
        found = await read_domain(states[name], states, dmarc, providers)
    except ProviderError as error:
        return (Check("domain could be read", holds=False, detail=str(error)),)
    return (
        Check("domain verified", holds=found.verified),
        Check("mail switched on", holds=MAIL_SERVICE in found.services),
        *_record_checks(found),
    )


def _record_checks(found: DomainSpec) -> list[Check]:
    have = found_records(found)
    return [
        Check(
            f"{field} in DNS",
            holds=satisfied(field, have[field] or (), wanted_values(records)),
            detail=", ".join(have[field] or ()),
        )
        for field, records in by_field(found.wanted).items()
    ]

"""Reading domains: what the tenant holds, what it wants in DNS, what DNS answers."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from provisioner.errors import ProviderError
from provisioner.kind import Observed as KindObserved
from provisioner.kind import Providers, Scope
from provisioner.kinds.domain.spec import DomainSpec, by_field, relevant
from provisioner.model.cluster import Tenant
from provisioner.model.municipality import Municipality
from provisioner.model.resource import Observation, Observed, Resource, Unknown
from provisioner.providers.dns import DnsRecord, mail_records
from provisioner.providers.graph.domains import DomainState


async def observe_domains(
    scope: Scope,
    tenant: Tenant,
    desired: Mapping[str, Sequence[Resource[Any]]],
    providers: Providers,
) -> KindObserved:
    """The domains of the tenant's municipalities.

    Raises `ProviderError` when the list of domains cannot be read; a single domain or a
    single DNS answer that cannot be read is unknown.
    """
    domains = providers.directory.domains
    states = await domains.list()
    municipalities = scope.in_tenant(tenant)
    ours = [one.domain for one in municipalities]
    records = await domains.service_records_of(
        name for name in ours if name in states and states[name].verified
    )
    seen = await asyncio.gather(
        *(
            _observation(scope, one, desired[one.slug], states, records, providers)
            for one in municipalities
        )
    )
    return KindObserved(
        {one.slug: it for one, it in zip(municipalities, seen, strict=True)}
    )


async def _observation(
    scope: Scope,
    municipality: Municipality,
    desired: Sequence[Resource[Any]],
    states: Mapping[str, DomainState],
    records: Mapping[str, Sequence[DnsRecord] | ProviderError],
    providers: Providers,
) -> Observation[DomainSpec]:
    present = {}
    unknown = []
    for resource in desired:
        state = states.get(resource.name)
        if state is None:
            continue
        try:
            spec = await read_domain(
                state,
                states,
                scope.cluster.defaults.dmarc,
                providers,
                records.get(resource.name),
            )
        except ProviderError as error:
            unknown.append(
                Unknown(municipality.slug, "domain", resource.name, str(error))
            )
            continue
        present[resource.name] = Observed(resource.name, state.name, spec, "domain")
    return Observation(present, {}, tuple(unknown))


async def read_domain(
    state: DomainState,
    states: Mapping[str, DomainState],
    dmarc: str,
    providers: Providers,
    records: Sequence[DnsRecord] | ProviderError | None = None,
) -> DomainSpec:
    """One domain as it is; raises `ProviderError` when any part cannot be read.

    `records` are the tenant's own where they were read already.
    """
    domains = providers.directory.domains
    if not state.verified:
        text = await domains.verification_text(state.name)
        return DomainSpec(verified=False, services=(), verification=text)
    initial = next((one.name for one in states.values() if one.initial), "")
    if isinstance(records, ProviderError):
        raise records
    if records is None:
        records = await domains.service_records(state.name)
    wanted = mail_records(state.name, records, initial, dmarc)
    found = await look_up(wanted, providers)
    spec = DomainSpec(True, tuple(sorted(state.services)), wanted=tuple(wanted))
    return msgspec.structs.replace(spec, **found)


async def look_up(
    wanted: Sequence[DnsRecord], providers: Providers
) -> dict[str, tuple[str, ...]]:
    """What DNS answers for the wanted records, by field."""
    questions = [(record.name, record.type) for record in wanted]
    answers = await asyncio.gather(
        *(providers.resolver.lookup(name, type_) for name, type_ in questions)
    )
    answered = dict(zip(questions, answers, strict=True))
    found: dict[str, list[str]] = defaultdict(list)
    for field, records in by_field(wanted).items():
        for record in records:
            found[field] += answered[record.name, record.type]
    return {field: relevant(field, found[field]) for field in by_field(wanted)}

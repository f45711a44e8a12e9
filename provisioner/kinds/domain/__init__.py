"""The kind `domain`: a municipality's one domain, in its tenant and in DNS."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

from provisioner.kind import Differences, Kind, LastApplied, Observed, Providers, Scope
from provisioner.kinds.domain.apply import apply_domains
from provisioner.kinds.domain.differ import WANTED, compare_domains
from provisioner.kinds.domain.observe import observe_domains
from provisioner.kinds.domain.spec import DomainSpec
from provisioner.kinds.domain.verify import verify_domains
from provisioner.model.change import Change
from provisioner.model.cluster import Cluster, Tenant
from provisioner.model.municipality import Municipality
from provisioner.model.outcome import Outcome, Proof
from provisioner.model.place import Place
from provisioner.model.resource import Observation, Resource


class Domain(Kind):
    """Domains; each step is a module of this folder."""

    name: ClassVar[str] = "domain"
    title: ClassVar[str] = "Domain"
    spec = DomainSpec

    def desired(
        self, cluster: Cluster, municipality: Municipality
    ) -> list[Resource[Any]]:
        place = Place(municipality.file, municipality.domain_line)
        return [
            Resource(municipality.slug, "domain", municipality.domain, WANTED, place)
        ]

    async def observe(
        self,
        scope: Scope,
        tenant: Tenant,
        desired: Mapping[str, Sequence[Resource[Any]]],
        providers: Providers,
    ) -> Observed:
        return await observe_domains(scope, tenant, desired, providers)

    def changes(
        self,
        scope: Scope,
        municipality: Municipality,
        desired: Sequence[Resource[Any]],
        observed: Observation[Any],
        last_applied: LastApplied,
    ) -> Differences:
        return compare_domains(municipality, desired, observed, last_applied)

    def apply(
        self,
        scope: Scope,
        tenant: Tenant,
        changes: Sequence[Change],
        providers: Providers,
    ) -> AsyncIterator[Outcome]:
        return apply_domains(changes, providers)

    async def verify(
        self,
        scope: Scope,
        tenant: Tenant,
        resources: Sequence[Resource[Any]],
        providers: Providers,
    ) -> list[Proof]:
        return await verify_domains(scope, resources, providers)

"""The kind `administrative_unit`: a municipality's people as one part of their tenant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

from provisioner.kind import Differences, Kind, LastApplied, Observed, Providers, Scope
from provisioner.kinds.administrative_unit.observe import observe_units
from provisioner.kinds.administrative_unit.side import UnitSide
from provisioner.kinds.administrative_unit.spec import (
    AdministrativeUnitSpec,
    desired_units,
)
from provisioner.kinds.membership.apply import apply_memberships
from provisioner.kinds.membership.differ import Differ, Terms
from provisioner.kinds.membership.verify import verify_memberships
from provisioner.model.change import Change
from provisioner.model.cluster import Cluster, Tenant
from provisioner.model.municipality import Municipality
from provisioner.model.outcome import Outcome, Proof
from provisioner.model.resource import Observation, Resource


class AdministrativeUnit(Kind):
    """One unit for each municipality; each step is a module of this folder."""

    name: ClassVar[str] = "administrative_unit"
    title: ClassVar[str] = "Administrative unit"
    spec = AdministrativeUnitSpec

    def desired(
        self, cluster: Cluster, municipality: Municipality
    ) -> list[Resource[Any]]:
        return desired_units(municipality)

    async def observe(
        self,
        scope: Scope,
        tenant: Tenant,
        desired: Mapping[str, Sequence[Resource[Any]]],
        providers: Providers,
    ) -> Observed:
        return await observe_units(scope, tenant, desired, providers)

    def changes(
        self,
        scope: Scope,
        municipality: Municipality,
        desired: Sequence[Resource[Any]],
        observed: Observation[Any],
        last_applied: LastApplied,
    ) -> Differences:
        terms = Terms("administrative_unit", joins_per_write=1)
        return Differ(terms, municipality.slug, observed, last_applied).compare(desired)

    def apply(
        self,
        scope: Scope,
        tenant: Tenant,
        changes: Sequence[Change],
        providers: Providers,
    ) -> AsyncIterator[Outcome]:
        side = UnitSide(providers.directory.administrative_units)
        return apply_memberships(changes, providers, side)

    async def verify(
        self,
        scope: Scope,
        tenant: Tenant,
        resources: Sequence[Resource[Any]],
        providers: Providers,
    ) -> list[Proof]:
        side = UnitSide(providers.directory.administrative_units)
        return await verify_memberships(resources, providers, side)

"""The kind `website`: a municipality's site on one of the cluster's hosts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

import msgspec

from provisioner.kind import Differences, HostProviders, KindOf, LastApplied, Scope
from provisioner.kind import Observed as KindObserved
from provisioner.kinds.host.apply import apply_parts
from provisioner.kinds.host.differ import Differ
from provisioner.kinds.host.observe import observe_parts
from provisioner.kinds.host.websites import KIND, desired_websites
from provisioner.kinds.website.verify import verify_websites
from provisioner.model.change import Change
from provisioner.model.cluster import Cluster, Estate
from provisioner.model.host_state import HostPart
from provisioner.model.municipality import Municipality
from provisioner.model.outcome import Outcome, Proof
from provisioner.model.resource import Observation, Resource, key_of


class Website(KindOf[Estate, HostProviders]):
    """Static sites; those of WordPress are checked in the inventory and wait."""

    name: ClassVar[str] = KIND
    title: ClassVar[str] = "Website"
    spec = HostPart
    needs: ClassVar[tuple[str, ...]] = ("server",)
    realm: ClassVar[Literal["tenant", "hosts"]] = "hosts"

    def owned_by(self, owner: Municipality) -> bool:
        return owner.level == "municipality"

    def desired(
        self, cluster: Cluster, municipality: Municipality
    ) -> list[Resource[Any]]:
        return list(desired_websites(cluster, municipality))

    async def observe(
        self,
        scope: Scope,
        tenant: Estate,
        desired: Mapping[str, Sequence[Resource[Any]]],
        providers: HostProviders,
    ) -> KindObserved:
        seen = await observe_parts(scope, KIND, desired, providers)
        # What nobody declared on a host is told once, with its server.
        return KindObserved(
            {
                slug: msgspec.structs.replace(
                    one,
                    present={
                        name: msgspec.structs.replace(
                            found,
                            spec=msgspec.structs.replace(found.spec, undeclared={}),
                        )
                        for name, found in one.present.items()
                    },
                )
                for slug, one in seen.by_municipality.items()
            }
        )

    def changes(
        self,
        scope: Scope,
        municipality: Municipality,
        desired: Sequence[Resource[Any]],
        observed: Observation[Any],
        last_applied: LastApplied,
    ) -> Differences:
        return Differ(KIND, municipality.slug, observed, last_applied).compare(desired)

    def apply(
        self,
        scope: Scope,
        tenant: Estate,
        changes: Sequence[Change],
        providers: HostProviders,
    ) -> AsyncIterator[Outcome]:
        return apply_parts(scope.cluster, changes, providers)

    async def verify(
        self,
        scope: Scope,
        tenant: Estate,
        resources: Sequence[Resource[Any]],
        providers: HostProviders,
    ) -> list[Proof]:
        sites = {
            key_of(one.slug, KIND, site.name): site
            for one in scope.cluster.municipalities
            for site in one.websites
        }
        return await verify_websites(sites, resources, providers)

"""The kind `website`: a municipality's site on one of the cluster's hosts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from provisioner.kind import HostProviders, Scope
from provisioner.kinds.host.kind import HostKind
from provisioner.kinds.host.websites import KIND, desired_websites
from provisioner.kinds.website.verify import verify_websites
from provisioner.model.cluster import Cluster, Estate
from provisioner.model.municipality import Municipality
from provisioner.model.outcome import Proof
from provisioner.model.resource import Resource, key_of


class Website(HostKind):
    """Sites of a municipality, static or of WordPress."""

    name: ClassVar[str] = KIND
    title: ClassVar[str] = "Website"

    def owned_by(self, owner: Municipality) -> bool:
        return owner.level == "municipality"

    def desired(
        self, cluster: Cluster, municipality: Municipality
    ) -> list[Resource[Any]]:
        return list(desired_websites(cluster, municipality))

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

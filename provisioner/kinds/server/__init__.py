"""The kind `server`: a host with its name, time, people, ways in, updates and limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from provisioner.kind import HostProviders, Scope
from provisioner.kinds.host.kind import HostKind
from provisioner.kinds.host.servers import KIND, desired_servers
from provisioner.kinds.host.verify import verify_parts
from provisioner.model.cluster import Cluster, Estate
from provisioner.model.municipality import Municipality
from provisioner.model.outcome import Proof
from provisioner.model.resource import Resource


class Server(HostKind):
    """One for each host that the inventory describes."""

    name: ClassVar[str] = KIND
    title: ClassVar[str] = "Server"
    tells_undeclared: ClassVar[bool] = True

    def desired(
        self, cluster: Cluster, municipality: Municipality
    ) -> list[Resource[Any]]:
        return list(desired_servers(cluster, municipality))

    async def verify(
        self,
        scope: Scope,
        tenant: Estate,
        resources: Sequence[Resource[Any]],
        providers: HostProviders,
    ) -> list[Proof]:
        return await verify_parts(scope.cluster, resources, providers)

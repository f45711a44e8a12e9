"""The kind `server`: a host with its name, time, people, ways in, updates and limits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

from provisioner.kind import Differences, HostProviders, KindOf, LastApplied, Scope
from provisioner.kind import Observed as KindObserved
from provisioner.kinds.host.apply import apply_parts
from provisioner.kinds.host.differ import Differ
from provisioner.kinds.host.observe import observe_parts
from provisioner.kinds.host.servers import KIND, desired_servers
from provisioner.kinds.host.verify import verify_parts
from provisioner.model.change import Change
from provisioner.model.cluster import Cluster, Estate
from provisioner.model.host_state import HostPart
from provisioner.model.municipality import Municipality
from provisioner.model.outcome import Outcome, Proof
from provisioner.model.resource import Observation, Resource


class Server(KindOf[Estate, HostProviders]):
    """One for each host that the inventory describes; each step is a module of `host`."""

    name: ClassVar[str] = KIND
    title: ClassVar[str] = "Server"
    spec = HostPart
    realm: ClassVar[Literal["tenant", "hosts"]] = "hosts"

    def desired(
        self, cluster: Cluster, municipality: Municipality
    ) -> list[Resource[Any]]:
        return list(desired_servers(cluster, municipality))

    async def observe(
        self,
        scope: Scope,
        tenant: Estate,
        desired: Mapping[str, Sequence[Resource[Any]]],
        providers: HostProviders,
    ) -> KindObserved:
        return await observe_parts(scope, KIND, desired, providers)

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
        return await verify_parts(scope.cluster, resources, providers)

"""What `server` and `website` share: all but what they want and how they are proven."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

from provisioner.kind import Differences, HostProviders, KindOf, LastApplied, Scope
from provisioner.kind import Observed as KindObserved
from provisioner.kinds.host.apply import apply_parts
from provisioner.kinds.host.differ import Differ
from provisioner.kinds.host.observe import observe_parts
from provisioner.model.change import Change
from provisioner.model.cluster import Estate
from provisioner.model.host_state import HostPart
from provisioner.model.municipality import Municipality
from provisioner.model.outcome import Outcome
from provisioner.model.resource import Observation, Resource


class HostKind(KindOf[Estate, HostProviders]):
    """A kind whose resources are parts of hosts.

    `tells_undeclared`: whether this kind reports what nobody declared on a host. One kind
    does, so that it is told once.
    """

    spec = HostPart
    realm: ClassVar[Literal["tenant", "hosts"]] = "hosts"
    tells_undeclared: ClassVar[bool] = False

    async def observe(
        self,
        scope: Scope,
        tenant: Estate,
        desired: Mapping[str, Sequence[Resource[Any]]],
        providers: HostProviders,
    ) -> KindObserved:
        return await observe_parts(
            scope, self.name, desired, providers, undeclared=self.tells_undeclared
        )

    def changes(
        self,
        scope: Scope,
        municipality: Municipality,
        desired: Sequence[Resource[Any]],
        observed: Observation[Any],
        last_applied: LastApplied,
    ) -> Differences:
        differ = Differ(self.name, municipality.slug, observed, last_applied)
        return differ.compare(desired)

    def apply(
        self,
        scope: Scope,
        tenant: Estate,
        changes: Sequence[Change],
        providers: HostProviders,
    ) -> AsyncIterator[Outcome]:
        return apply_parts(scope.cluster, changes, providers)

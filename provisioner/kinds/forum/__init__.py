"""The kind `forum`: where the people of one role meet, across municipalities."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

from provisioner.kind import Differences, Kind, LastApplied, Observed, Providers, Scope
from provisioner.kinds.forum.observe import observe_forums
from provisioner.kinds.forum.side import ForumSide
from provisioner.kinds.forum.spec import ForumSpec, desired_forums
from provisioner.kinds.membership.apply import apply_memberships
from provisioner.kinds.membership.differ import Differ, Terms
from provisioner.kinds.membership.verify import verify_memberships
from provisioner.model.change import Change
from provisioner.model.cluster import Cluster, Tenant
from provisioner.model.municipality import Level, Municipality
from provisioner.model.outcome import Outcome, Proof
from provisioner.model.resource import Observation, Resource
from provisioner.providers.graph.groups import BINDS

_LEFT_OVER = (
    "is a forum of ours whose role the inventory no longer has; put the role back, or "
    "delete the group by hand"
)


class Forum(Kind):
    """Forums, owned by the cluster itself; each step is a module of this folder."""

    name: ClassVar[str] = "forum"
    title: ClassVar[str] = "Forum"
    spec = ForumSpec
    level: ClassVar[Level] = "cluster"

    def desired(
        self, cluster: Cluster, municipality: Municipality
    ) -> list[Resource[Any]]:
        return desired_forums(cluster, municipality)

    async def observe(
        self,
        scope: Scope,
        tenant: Tenant,
        desired: Mapping[str, Sequence[Resource[Any]]],
        providers: Providers,
    ) -> Observed:
        return await observe_forums(scope, tenant, desired, providers)

    def changes(
        self,
        scope: Scope,
        municipality: Municipality,
        desired: Sequence[Resource[Any]],
        observed: Observation[Any],
        last_applied: LastApplied,
    ) -> Differences:
        terms = Terms("forum", BINDS, _invites(scope), _LEFT_OVER)
        return Differ(terms, municipality.slug, observed, last_applied).compare(desired)

    def apply(
        self,
        scope: Scope,
        tenant: Tenant,
        changes: Sequence[Change],
        providers: Providers,
    ) -> AsyncIterator[Outcome]:
        side = ForumSide(providers.directory.groups)
        return apply_memberships(changes, providers, side, invite=_invites(scope))

    async def verify(
        self,
        scope: Scope,
        tenant: Tenant,
        resources: Sequence[Resource[Any]],
        providers: Providers,
    ) -> list[Proof]:
        groups = providers.directory.groups
        side = ForumSide(groups)
        return await verify_memberships(
            resources, providers, side, groups.count_members
        )


def _invites(scope: Scope) -> bool:
    return scope.cluster.forums.guests == "invite"

"""The kind `shared_mailbox`: functional addresses that several people answer from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

from provisioner.kind import Differences, Kind, LastApplied, Observed, Providers, Scope
from provisioner.kinds.shared_mailbox.apply import apply_shared
from provisioner.kinds.shared_mailbox.differ import compare_shared
from provisioner.kinds.shared_mailbox.observe import observe_shared
from provisioner.kinds.shared_mailbox.spec import SharedMailboxSpec, desired_spec
from provisioner.kinds.shared_mailbox.verify import verify_shared
from provisioner.model.change import Change
from provisioner.model.cluster import Cluster, Tenant
from provisioner.model.municipality import Municipality
from provisioner.model.outcome import Outcome, Proof
from provisioner.model.place import Place
from provisioner.model.resource import Observation, Resource


class SharedMailbox(Kind):
    """Shared mailboxes; each step is a module of this folder.

    A member whose own mailbox is not there yet waits alone, so `needs` has no mailboxes.
    """

    name: ClassVar[str] = "shared_mailbox"
    title: ClassVar[str] = "Shared mailbox"
    spec = SharedMailboxSpec
    needs: ClassVar[tuple[str, ...]] = ("domain",)

    def desired(
        self, cluster: Cluster, municipality: Municipality
    ) -> list[Resource[Any]]:
        wanted = municipality.shared_mailboxes
        active = (
            {one.address for one in municipality.people if one.state == "active"}
            if wanted
            else set()
        )
        return [
            Resource(
                municipality.slug,
                "shared_mailbox",
                one.address,
                desired_spec(one, municipality.language, active),
                Place(municipality.file, one.line),
            )
            for one in wanted
        ]

    async def observe(
        self,
        scope: Scope,
        tenant: Tenant,
        desired: Mapping[str, Sequence[Resource[Any]]],
        providers: Providers,
    ) -> Observed:
        return await observe_shared(scope, tenant, desired, providers)

    def changes(
        self,
        scope: Scope,
        municipality: Municipality,
        desired: Sequence[Resource[Any]],
        observed: Observation[Any],
        last_applied: LastApplied,
    ) -> Differences:
        return compare_shared(scope, municipality, desired, observed, last_applied)

    def apply(
        self,
        scope: Scope,
        tenant: Tenant,
        changes: Sequence[Change],
        providers: Providers,
    ) -> AsyncIterator[Outcome]:
        return apply_shared(tenant, changes, providers)

    async def verify(
        self,
        scope: Scope,
        tenant: Tenant,
        resources: Sequence[Resource[Any]],
        providers: Providers,
    ) -> list[Proof]:
        return await verify_shared(tenant, resources, providers)

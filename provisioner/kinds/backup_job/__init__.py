"""The kind `backup_job`: what of a host is saved, run once when made, proven elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, ClassVar

from provisioner.kind import HostProviders, Scope
from provisioner.kind import Observed as KindObserved
from provisioner.kinds.backup_job.look import look_at_backups
from provisioner.kinds.backup_job.start import start_jobs
from provisioner.kinds.backup_job.verify import verify_backups
from provisioner.kinds.host.backup_jobs import desired_backup_jobs
from provisioner.kinds.host.kind import HostKind
from provisioner.model.backup_report import KIND
from provisioner.model.change import Change
from provisioner.model.cluster import Cluster, Estate
from provisioner.model.municipality import Municipality
from provisioner.model.outcome import Outcome, Proof, Status
from provisioner.model.resource import Resource


class BackupJob(HostKind):
    """One for each entry under `backups`; also looks what the repositories have."""

    name: ClassVar[str] = KIND
    title: ClassVar[str] = "Backup job"

    def owned_by(self, owner: Municipality) -> bool:
        return owner.level == "municipality"

    def desired(
        self, cluster: Cluster, municipality: Municipality
    ) -> list[Resource[Any]]:
        return list(desired_backup_jobs(cluster, municipality))

    async def observe(
        self,
        scope: Scope,
        tenant: Estate,
        desired: Mapping[str, Sequence[Resource[Any]]],
        providers: HostProviders,
    ) -> KindObserved:
        keys = [one.key for some in desired.values() for one in some]
        seen, _ = await asyncio.gather(
            super().observe(scope, tenant, desired, providers),
            self._see_backups(scope.cluster, keys, providers),
        )
        return seen

    async def _see_backups(
        self, cluster: Cluster, keys: Sequence[str], providers: HostProviders
    ) -> None:
        if providers.backups and keys:
            found = await look_at_backups(cluster, keys, providers)
            providers.backups.record(found)

    async def apply(
        self,
        scope: Scope,
        tenant: Estate,
        changes: Sequence[Change],
        providers: HostProviders,
    ) -> AsyncIterator[Outcome]:
        ended = [one async for one in super().apply(scope, tenant, changes, providers)]
        done = [one.key for one in ended if one.status is Status.DONE]
        await start_jobs(scope.cluster, done, providers)
        for one in ended:
            yield one

    async def verify(
        self,
        scope: Scope,
        tenant: Estate,
        resources: Sequence[Resource[Any]],
        providers: HostProviders,
    ) -> list[Proof]:
        return await verify_backups(scope.cluster, resources, providers)

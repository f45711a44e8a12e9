"""Backups outside of a run: looked at now, and restored for a drill."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

import msgspec

from provisioner.engine.run import Collaborators
from provisioner.errors import PermanentProviderError
from provisioner.kinds.backup_job.look import look_at_backups
from provisioner.kinds.backup_job.start import drill_jobs
from provisioner.model.audit import AuditEntry
from provisioner.model.backup import Drilled, Observation
from provisioner.model.backup_assets import jobs_of
from provisioner.model.backup_report import BackupReport
from provisioner.model.cluster import Cluster


def look(given: Collaborators) -> BackupReport:
    """Ask every host of our zones, keep what was seen, and judge all of it.

    Writes nothing on hosts. What is in other zones, and without hosts (a sandbox without a
    lab) everything, is judged by what was last seen.
    """
    cluster = given.load()
    keys = [key for _, _, key in jobs_of(cluster)]
    if given.open_hosts is not None and keys:
        hosts = given.hosts_here(cluster, lambda: None)
        given.store.backups.record(asyncio.run(look_at_backups(cluster, keys, hosts)))
    return given.store.backups.report(cluster, given.now())


def drill(
    given: Collaborators, wanted: Collection[str], actor: str
) -> dict[str, Drilled]:
    """Restore the newest copies of these jobs to a scratch place and compare, by key.

    `wanted` are keys or names of jobs, none for all. Each result is kept and audited; a
    host that cannot be reached has not passed. Raises `PermanentProviderError` where there
    is no such job, or no host.
    """
    cluster = given.load()
    every = {key: job.name for _, job, key in jobs_of(cluster)}
    unknown = [one for one in wanted if one not in {*every, *every.values()}]
    if unknown or given.open_hosts is None:
        told = f"There is no backup job {', '.join(unknown)}." if unknown else ""
        raise PermanentProviderError(
            told or "This sandbox has no hosts to restore on.", target=""
        )
    keys = [k for k, name in every.items() if not wanted or {k, name} & set(wanted)]
    return drill_keys(given, cluster, keys, actor)


def drill_keys(
    given: Collaborators, cluster: Cluster, keys: Collection[str], actor: str
) -> dict[str, Drilled]:
    """Drill these jobs, as far as their hosts are ours; see `drill`.

    Raises `RunStopped` where somebody asked for it; what was begun on hosts is ended.
    """
    hosts = given.hosts_here(cluster, given.stop.check)
    drilling = drill_jobs(cluster, keys, hosts)
    answers = asyncio.run(given.stop.bound(drilling, patience=0.0))
    now = given.now()
    found = {
        key: Drilled(now, passed=False, reason=one)
        if isinstance(one, str)
        else msgspec.convert({**one, "type": "drill"}, Drilled)
        for key, one in answers.items()
    }
    given.store.backups.record(
        Observation(key, "drill", now, one) for key, one in found.items()
    )
    given.store.audit.extend(
        [
            AuditEntry(actor, "drilled", key, {"passed": one.passed, "why": one.reason})
            for key, one in found.items()
        ]
    )
    return found

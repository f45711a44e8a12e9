"""Proof of a backup: a copy seen from the repository's side, newer than the job's start."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from provisioner.kind import HostProviders
from provisioner.kinds.backup_job.look import look_at_backups
from provisioner.kinds.host.observe import Resources
from provisioner.kinds.host.verify import verify_parts
from provisioner.model.backup import JobSaid, Listed, Observation
from provisioner.model.cluster import Cluster
from provisioner.model.outcome import Check, Proof

_ELSEWHERE = (None, "Its host is in another zone, whose worker looks at it.")


async def verify_backups(
    cluster: Cluster, resources: Resources, providers: HostProviders
) -> list[Proof]:
    """One proof for each job: its host as wanted, its run, and its copy elsewhere."""
    proofs = await verify_parts(cluster, resources, providers)
    found = await look_at_backups(cluster, [one.key for one in resources], providers)
    if providers.backups:
        providers.backups.record(found)
    return [
        msgspec.structs.replace(one, checks=(*one.checks, *_checks(one.key, found)))
        for one in proofs
    ]


def _checks(key: str, found: list[Observation]) -> Iterator[Check]:
    told = {one.side: (one.fact, one.reason) for one in found if one.key == key}
    job, silence = told.get("job", _ELSEWHERE)
    said = job if isinstance(job, JobSaid) else None
    ran = said is not None and said.result == "done"
    reason = said.reason if said else silence
    yield Check("the job ran", holds=ran, detail="" if ran else reason)
    name = "a copy is seen from the repository's side"
    listed, silence = told.get("repository", _ELSEWHERE)
    if not isinstance(listed, Listed):
        yield Check(name, holds=False, detail=silence)
        return
    newest, started = listed.newest, said.started if said else None
    if newest is None:
        yield Check(name, holds=False, detail="the repository has none")
        return
    newer = started is not None and newest >= started
    detail = f"{newest.isoformat(timespec='seconds')}, {listed.copies} in all"
    yield Check(name, holds=newer, detail=detail)

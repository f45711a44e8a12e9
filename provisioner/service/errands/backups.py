"""`backup_scan`: ask jobs and repositories, and remember whose newest copy is too old."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.engine.backups import look
from provisioner.engine.run import Collaborators
from provisioner.model.backup import State
from provisioner.model.backup_report import JobStanding
from provisioner.model.cluster import Cluster
from provisioner.model.condition import Judged
from provisioner.model.run import Run, RunStatus
from provisioner.service.orders import wanted_of
from provisioner.store import Store

BACKUP_AGE = "backup_age_seconds"
_OVERDUE = {
    State.OK: False,
    State.LATE: False,
    State.BREACHED: True,
    State.NEVER: True,
    State.UNKNOWN: None,
}


def scan_backups(
    store: Store, cluster: Cluster, run: Run, given: Collaborators
) -> None:
    """Look at the backups of these municipalities, or of all, and judge them."""
    assert given.claim is not None  # noqa: S101  an errand is always claimed
    store.queue.begin(given.claim.lease, run)
    slugs = wanted_of(run)
    jobs = [one for one in look(given).jobs if not slugs or one.owner in slugs]
    judged = [_judged(one) for one in jobs]
    store.conditions.judge("backup", judged, whole=not slugs)
    if not slugs:
        store.gauges.set(BACKUP_AGE, _oldest(jobs))
    told = {
        "backups": len(judged),
        "overdue": sum(one.holds is True for one in judged),
        "unknown": sum(one.holds is None for one in judged),
    }
    store.runs.finish(run.id, RunStatus.SUCCEEDED, told, fence=given.claim.lease.fence)


def _judged(one: JobStanding) -> Judged:
    newest = one.known.listed.newest if one.known.listed else None
    facts = {
        "municipality": one.owner,
        "name": one.name,
        "last": newest.isoformat() if newest else "",
    }
    return Judged(one.key, one.owner, _OVERDUE[one.judgement.state], facts)


def _oldest(jobs: Sequence[JobStanding]) -> dict[str, float]:
    """By municipality, how old the newest copy of its worst job is, in seconds."""
    ages: dict[str, float] = {}
    for one in jobs:
        if one.judgement.age is not None:
            age = one.judgement.age.total_seconds()
            ages[one.owner] = max(age, ages.get(one.owner, 0.0))
    return ages

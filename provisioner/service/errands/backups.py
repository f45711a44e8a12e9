"""`backup_scan` and `backup_drill`: how old copies are, and whether they come back."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.engine.backups import drill_keys, look
from provisioner.engine.run import Collaborators
from provisioner.errors import RunStopped
from provisioner.model.backup import Drilled, State
from provisioner.model.backup_assets import jobs_of
from provisioner.model.backup_report import BackupReport, JobStanding
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
    jobs, judged = _judge(store, run, look(given))
    if not wanted_of(run):
        store.gauges.set(BACKUP_AGE, _oldest(jobs))
    told = {
        "backups": len(judged),
        "overdue": sum(one.holds is True for one in judged),
        "unknown": sum(one.holds is None for one in judged),
    }
    store.runs.finish(run.id, RunStatus.SUCCEEDED, told, fence=given.claim.lease.fence)


def drill_backups(
    store: Store, cluster: Cluster, run: Run, given: Collaborators
) -> None:
    """Drill the backups of these municipalities, or of all, on the hosts of our zone.

    The run has failed where one of them did not pass. Where there are no hosts there is
    nothing to drill. A drill that is cut off when the service ends is made again.
    """
    assert given.claim is not None  # noqa: S101  an errand is always claimed
    store.queue.begin(given.claim.lease, run)
    slugs, fence = wanted_of(run), given.claim.lease.fence
    keys = [k for m, _, k in jobs_of(cluster) if not slugs or m.slug in slugs]
    found: dict[str, Drilled] = {}
    try:
        if given.open_hosts is not None and keys:
            found = drill_keys(given, cluster, keys, run.actor)
    except RunStopped as stopped:
        reason = {"reason": str(stopped)}
        store.runs.finish(run.id, RunStatus.CANCELLED, reason, fence=fence)
        return
    _judge(store, run, store.backups.report(cluster, given.now()))
    failed = [key for key, one in found.items() if not one.passed]
    for key in failed:
        store.runs.add_event(run.id, "failed", f"{key}: {found[key].reason}")
    told: dict[str, object] = {"drills": len(found), "failed": len(failed)}
    if failed:
        told["reason"] = f"These drills did not pass: {', '.join(failed)}."
    status = RunStatus.FAILED if failed else RunStatus.SUCCEEDED
    store.runs.finish(run.id, status, told, fence=fence)


def _judge(
    store: Store, run: Run, report: BackupReport
) -> tuple[list[JobStanding], list[Judged]]:
    """Remember whose newest copy is too old, and what did not come back."""
    slugs = wanted_of(run)
    jobs = [one for one in report.jobs if not slugs or one.owner in slugs]
    judged = [_by_age(one) for one in jobs]
    store.conditions.judge("backup", judged, whole=not slugs)
    store.conditions.judge("drill", list(map(_by_drill, jobs)), whole=not slugs)
    return jobs, judged


def _by_age(one: JobStanding) -> Judged:
    newest = one.known.listed.newest if one.known.listed else None
    facts = {
        "municipality": one.owner,
        "name": one.name,
        "last": newest.isoformat() if newest else "",
    }
    return Judged(one.key, one.owner, _OVERDUE[one.judgement.state], facts)


def _by_drill(one: JobStanding) -> Judged:
    drilled = one.known.drilled
    facts = {
        "municipality": one.owner,
        "name": one.name,
        "last": drilled.at.isoformat() if drilled else "",
        "reason": drilled.reason if drilled else "",
    }
    return Judged(
        one.key, one.owner, None if not drilled else not drilled.passed, facts
    )


def _oldest(jobs: Sequence[JobStanding]) -> dict[str, float]:
    """By municipality, how old the newest copy of its worst job is, in seconds."""
    ages: dict[str, float] = {}
    for one in jobs:
        if one.judgement.age is not None:
            age = one.judgement.age.total_seconds()
            ages[one.owner] = max(age, ages.get(one.owner, 0.0))
    return ages

"""`backup_scan`: what is judged elsewhere becomes conditions, and a figure for the metrics."""

from __future__ import annotations

from provisioner.engine.run import Collaborators
from provisioner.errors import ProvisionerError
from provisioner.model.cluster import Cluster
from provisioner.model.run import Run, RunStatus
from provisioner.service.orders import wanted_of
from provisioner.store import Store

BACKUP_AGE = "backup_age_seconds"


def scan_backups(
    store: Store, cluster: Cluster, run: Run, given: Collaborators
) -> None:
    """Judge the backups of each municipality, and remember what is overdue.

    Raises `ProvisionerError` where nobody judges backups.
    """
    assert given.claim is not None  # noqa: S101  an errand is always claimed
    if given.judge_backups is None:
        raise ProvisionerError(
            "Backups are not judged here.", remedy="Leave backup_scan out."
        )
    store.queue.begin(given.claim.lease, run)
    slugs = wanted_of(run)
    judged = given.judge_backups(cluster, slugs)
    store.conditions.judge("backup", judged, whole=not slugs)
    if not slugs:
        ages: dict[str, float] = {}
        for one in judged:
            age = (one.facts or {}).get("age")
            if age is not None:
                ages[one.municipality] = max(age, ages.get(one.municipality, 0.0))
        store.gauges.set(BACKUP_AGE, ages)
    overdue = sum(one.holds is True for one in judged)
    unknown = sum(one.holds is None for one in judged)
    told = {"backups": len(judged), "overdue": overdue, "unknown": unknown}
    store.runs.finish(run.id, RunStatus.SUCCEEDED, told, fence=given.claim.lease.fence)

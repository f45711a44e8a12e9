"""Runs that are no walk through the steps: scans, drills, forecasts, refreshes, digests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from provisioner.engine.run import Collaborators
from provisioner.model.cluster import Cluster
from provisioner.model.run import Errand, Run, is_errand
from provisioner.service.errands.backups import drill_backups, scan_backups
from provisioner.service.errands.directories import read_whole, refresh
from provisioner.service.errands.scans import forecast, scan
from provisioner.service.notices.digest import make_digest
from provisioner.store import Store

__all__ = ["carry_out"]

Work = Callable[[Store, Cluster, Run, Collaborators], None]
_WORK: dict[Errand, Work] = {
    "backup_scan": scan_backups,
    "backup_drill": drill_backups,
    "certificate_scan": scan,
    "seat_forecast": forecast,
    "digest": make_digest,
    "delta_refresh": refresh,
    "full_read": read_whole,
}


def carry_out(store: Store, run: Run, given: Collaborators) -> None:
    """Make one errand that this process has claimed; it ends in its row.

    Raises what its work raises; the row is then left to the caller.
    """
    assert is_errand(run.mode)  # noqa: S101  the caller has looked
    if run.zone:
        given = replace(given, zones=(run.zone,))
    _WORK[run.mode](store, given.load(), run, given)

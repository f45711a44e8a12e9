"""The store as a whole: one small part for each thing that is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Self

from provisioner.store.approvals import Approvals
from provisioner.store.audit import Audit
from provisioner.store.backups import Backups
from provisioner.store.conditions import Conditions
from provisioner.store.connect import engine_for
from provisioner.store.database import Database
from provisioner.store.drift import DriftItems
from provisioner.store.figures import Figures
from provisioner.store.gauges import Gauges
from provisioner.store.last_applied import LastApplied
from provisioner.store.leaders import Leaders
from provisioner.store.locks import Locks
from provisioner.store.migrate import migrate
from provisioner.store.notices import Notices
from provisioner.store.one_time_secrets import OneTimeSecrets, cipher_for
from provisioner.store.outcomes import Outcomes
from provisioner.store.parts import Parts
from provisioner.store.plans import Plans
from provisioner.store.portal_sessions import PortalSessions
from provisioner.store.requests import Requests
from provisioner.store.run_queue import RunQueue
from provisioner.store.runs import Runs
from provisioner.store.schedules import Schedules
from provisioner.store.secret_entries import SecretEntries
from provisioner.store.sightings import Sightings
from provisioner.store.snapshots import Snapshots
from provisioner.store.standing import Standing
from provisioner.store.workers import Workers


@dataclass(frozen=True)
class Store:
    """An open store; may be used from several threads, and as a context manager."""

    database: Database
    runs: Runs
    queue: RunQueue
    parts: Parts
    approvals: Approvals
    locks: Locks
    last_applied: LastApplied
    sightings: Sightings
    snapshots: Snapshots
    drift: DriftItems
    plans: Plans
    outcomes: Outcomes
    audit: Audit
    secret_entries: SecretEntries
    workers: Workers
    leaders: Leaders
    schedules: Schedules
    figures: Figures
    notices: Notices
    conditions: Conditions
    gauges: Gauges
    portal_sessions: PortalSessions
    standing: Standing
    requests: Requests
    backups: Backups

    def secrets(self, key: bytes) -> OneTimeSecrets:
        """One-time secrets under a key, see `provisioner.store.secret_key.load_key`."""
        return OneTimeSecrets(self.database, cipher_for(key))

    def close(self) -> None:
        """Close every connection."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_store(url: str) -> Store:
    """Open the store at a SQLAlchemy URL (`sqlite:///PATH`, `postgresql://…`).

    Makes it, or brings it to this version's shape, where needed. `?timeout=SECONDS` in the
    URL says how long to wait for another process. Raises `StoreBusy`, `StoreFull` or
    `StoreError`; nothing is then left half-made.
    """
    database = Database(engine_for(url))
    try:
        migrate(database)
    except BaseException:
        database.close()
        raise
    return Store(
        database=database,
        runs=Runs(database),
        queue=RunQueue(database),
        parts=Parts(database),
        approvals=Approvals(database),
        locks=Locks(database),
        last_applied=LastApplied(database),
        sightings=Sightings(database),
        snapshots=Snapshots(database),
        drift=DriftItems(database),
        plans=Plans(database),
        outcomes=Outcomes(database),
        audit=Audit(database),
        secret_entries=SecretEntries(database),
        workers=Workers(database),
        leaders=Leaders(database),
        schedules=Schedules(database),
        figures=Figures(database),
        notices=Notices(database),
        conditions=Conditions(database),
        gauges=Gauges(database),
        portal_sessions=PortalSessions(database),
        standing=Standing(database),
        requests=Requests(database),
        backups=Backups(database),
    )

"""Counts over the store, each one query over an index or a small table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from provisioner.model.run import RunStatus
from provisioner.store.database import Database
from provisioner.store.tables import drift_items, runs, snapshots


@dataclass(frozen=True)
class Figures:
    """What monitoring asks."""

    database: Database

    def runs(self) -> tuple[dict[str, int], datetime | None, datetime]:
        """Runs by state, since when the longest waiting one is due, and the time now."""
        counted = select(runs.c.status, func.count()).group_by(runs.c.status)
        with self.database.read() as connection:
            now = self.database.clock(connection)
            oldest = select(func.min(runs.c.due)).where(
                runs.c.status == RunStatus.QUEUED.value, runs.c.due <= now
            )
            counts = {status: count for status, count in connection.execute(counted)}
            return counts, connection.execute(oldest).scalar_one_or_none(), now

    def drift(self) -> tuple[list[tuple[str, str, int, datetime]], datetime]:
        """Open drift items: state, life, how many, the oldest; and the time now."""
        wanted = select(
            drift_items.c.drift,
            drift_items.c.life,
            func.count(),
            func.min(drift_items.c.since),
        ).group_by(drift_items.c.drift, drift_items.c.life)
        with self.database.read() as connection:
            found = [tuple(row) for row in connection.execute(wanted)]
            return found, self.database.clock(connection)

    def snapshots(self) -> list[tuple[str, datetime]]:
        """Each tenant with the time of its last full read."""
        wanted = select(snapshots.c.tenant, snapshots.c.full_at)
        with self.database.read() as connection:
            return [(row.tenant, row.full_at) for row in connection.execute(wanted)]

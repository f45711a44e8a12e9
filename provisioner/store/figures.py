"""Counts over the store, each one query over an index or a small table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from provisioner.model.run import RunStatus
from provisioner.store.database import Database
from provisioner.store.tables import drift_items, run_events, runs, snapshots

_OPEN = [one.value for one in RunStatus if not one.is_final]


@dataclass(frozen=True)
class Figures:
    """What monitoring asks."""

    database: Database

    def runs(self) -> tuple[dict[str, int], datetime | None, datetime]:
        """Runs by state, since when the longest waiting one is due, and the time now.

        Of those that ended, the ones of the last day: to count a million takes too long.
        """
        # Grouped by what no index has, or all runs would be read in the order of one.
        state = runs.c.status.concat("")
        by_state = select(state, func.count()).group_by(state)
        with self.database.read() as connection:
            now = self.database.clock(connection)
            oldest = select(func.min(runs.c.due)).where(
                runs.c.status == RunStatus.QUEUED.value, runs.c.due <= now
            )
            counts: dict[str, int] = {}
            for some in (
                runs.c.status.in_(_OPEN),
                runs.c.finished >= now - timedelta(days=1),
            ):
                found = connection.execute(by_state.where(some))
                counts |= {status: count for status, count in found}
            return counts, connection.execute(oldest).scalar_one_or_none(), now

    def quietest(self) -> float:
        """Seconds since the last event of the running run that has been quiet longest."""
        last = (
            select(func.max(run_events.c.at).label("at"))
            .select_from(runs)
            .join(run_events, run_events.c.run_id == runs.c.id)
            .where(runs.c.status == RunStatus.RUNNING.value)
            .group_by(runs.c.id)
            .subquery()
        )
        with self.database.read() as connection:
            oldest = connection.execute(select(func.min(last.c.at))).scalar_one()
            if oldest is None:
                return 0.0
            now = self.database.clock(connection)
            return max(0.0, (now - datetime.fromisoformat(str(oldest))).total_seconds())

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

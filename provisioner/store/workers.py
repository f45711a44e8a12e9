"""Which workers there are, so that somebody can say which one is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from provisioner.model.worker import WorkerSeen
from provisioner.store.database import Database
from provisioner.store.from_row import from_row
from provisioner.store.tables import workers


@dataclass(frozen=True)
class Workers:
    """Workers by name; each says now and then that it is there."""

    database: Database

    def here(self, name: str, zones: Sequence[str]) -> None:
        """A worker says that it is there."""
        insert = sqlite.insert if self.database.is_sqlite else postgresql.insert
        with self.database.write() as connection:
            now = self.database.clock(connection)
            known = connection.execute(
                update(workers)
                .where(workers.c.name == name)
                .values(seen=now, zones=tuple(zones))
            )
            if known.rowcount == 0:
                row = {"name": name, "zones": tuple(zones), "since": now, "seen": now}
                connection.execute(
                    insert(workers).on_conflict_do_nothing().values(**row)
                )

    def forget(self, silent_for: timedelta) -> None:
        """Forget the workers that were not seen for so long: they do not come back."""
        with self.database.write() as connection:
            before = self.database.clock(connection) - silent_for
            connection.execute(delete(workers).where(workers.c.seen < before))

    def gone(self, name: str) -> None:
        """A worker ends in good order."""
        with self.database.write() as connection:
            connection.execute(delete(workers).where(workers.c.name == name))

    def seen_within(self, seconds: float) -> list[WorkerSeen]:
        """The workers seen in the last so many seconds."""
        with self.database.read() as connection:
            since = self.database.clock(connection) - timedelta(seconds=seconds)
            wanted = select(workers).where(workers.c.seen >= since)
            found = connection.execute(wanted.order_by(workers.c.name)).mappings()
            return [from_row(row, WorkerSeen) for row in found]

    def silent(self, seconds: float) -> list[WorkerSeen]:
        """Workers that did not end in good order and were not seen for so long."""
        with self.database.read() as connection:
            since = self.database.clock(connection) - timedelta(seconds=seconds)
            wanted = select(workers).where(workers.c.seen < since)
            found = connection.execute(wanted.order_by(workers.c.name)).mappings()
            return [from_row(row, WorkerSeen) for row in found]

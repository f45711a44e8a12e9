"""When each schedule last began a run: what a standstill is measured by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from provisioner.store.bulk import upsert
from provisioner.store.canonical import as_text
from provisioner.store.database import Database
from provisioner.store.tables import schedules


@dataclass(frozen=True)
class Schedules:
    """Schedules by name."""

    database: Database

    def last_fired(self, name: str) -> datetime | None:
        """The occurrence that was dealt with last (UTC), or None for a new schedule."""
        wanted = select(schedules.c.last_fired).where(schedules.c.name == name)
        with self.database.read() as connection:
            found: datetime | None = connection.execute(wanted).scalar_one_or_none()
        return found

    def fired(self, name: str, at: datetime) -> None:
        """The occurrence of `at` has been dealt with."""
        with self.database.write() as connection:
            row = (name, as_text(at))
            upsert(connection, schedules, ("name", "last_fired"), [row])

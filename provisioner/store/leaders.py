"""Who leads: one row for each office, taken by a conditional UPDATE, with an epoch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from provisioner.errors import RunInProgress
from provisioner.model.run import Run
from provisioner.store.database import Database
from provisioner.store.run_queue import enqueue_in
from provisioner.store.tables import leaders

_SANE = 3600.0  # seconds that a lease may be ahead of ours


@dataclass(frozen=True)
class Office:
    """An office in somebody's hand; `epoch` grows each time it changes hands."""

    name: str
    owner: str
    epoch: int
    seconds: float


@dataclass(frozen=True)
class Leaders:
    """Offices by name."""

    database: Database

    def take(self, name: str, owner: str, seconds: float) -> Office | None:
        """Take an office that is free, or whose holder is silent; None where it is held."""
        insert = sqlite.insert if self.database.is_sqlite else postgresql.insert
        with self.database.write() as connection:
            now = self.database.clock(connection)
            until = now + timedelta(seconds=seconds)
            connection.execute(
                insert(leaders)
                .values(name=name, owner="", epoch=0, lease_until=now)
                .on_conflict_do_nothing()
            )
            # Further ahead than any lease lasts: the clock was set back since.
            free = or_(
                leaders.c.lease_until <= now,
                leaders.c.lease_until > until + timedelta(seconds=_SANE),
                leaders.c.owner == owner,
            )
            taken = connection.execute(
                update(leaders)
                .where(leaders.c.name == name, free)
                .values(owner=owner, epoch=leaders.c.epoch + 1, lease_until=until)
                .returning(leaders.c.epoch)
            )
            epoch: int | None = taken.scalar_one_or_none()
        return None if epoch is None else Office(name, owner, epoch, seconds)

    def keep(self, office: Office) -> bool:
        """Prolong an office; False when somebody else has it."""
        with self.database.write() as connection:
            until = self.database.clock(connection) + timedelta(seconds=office.seconds)
            kept = connection.execute(
                update(leaders).where(_mine(office)).values(lease_until=until)
            )
            return kept.rowcount == 1

    def resign(self, office: Office) -> None:
        """Leave an office, so that nobody has to wait for it."""
        with self.database.write() as connection:
            now = self.database.clock(connection)
            connection.execute(
                update(leaders).where(_mine(office)).values(owner="", lease_until=now)
            )

    def holder(self, name: str) -> tuple[str, int]:
        """Who holds an office now ("" for nobody), and its epoch."""
        with self.database.read() as connection:
            now = self.database.clock(connection)
            found = connection.execute(select(leaders).where(leaders.c.name == name))
            row = found.mappings().one_or_none()
        if row is None:
            return "", 0
        return (row["owner"] if row["lease_until"] > now else ""), row["epoch"]

    def enqueue(self, office: Office, run: Run) -> bool:
        """`RunQueue.enqueue` by the holder of an office alone, checked in one transaction.

        Raises `RunInProgress` for one who has lost it.
        """
        with self.database.write(alone=f"office {office.name}") as connection:
            _require(connection, office)
            return enqueue_in(connection, run, self.database.clock(connection))


def _mine(office: Office) -> ColumnElement[bool]:
    return and_(
        leaders.c.name == office.name,
        leaders.c.owner == office.owner,
        leaders.c.epoch == office.epoch,
    )


def _require(connection: Connection, office: Office) -> None:
    held = connection.execute(select(leaders.c.epoch).where(_mine(office)))
    if held.scalar_one_or_none() is None:
        raise RunInProgress(f"{office.owner} does not lead any more ({office.name}).")

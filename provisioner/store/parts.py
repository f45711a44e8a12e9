"""Runs that lead into several zones: the whole, and the part that each zone makes of it.

A part says in its `dedupe_key` whose it is, and a run that is made again whom it repeats;
nothing else is kept about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, or_, select, update

from provisioner.model.run import Run, RunStatus
from provisioner.store.database import Database
from provisioner.store.from_row import from_row
from provisioner.store.tables import runs

_AGAIN, _PART = "again/", "part/"


def again_key(run_id: str) -> str:
    """The `dedupe_key` of the run that is made in place of another."""
    return f"{_AGAIN}{run_id}"


def part_key(run_id: str, zone: str) -> str:
    """The `dedupe_key` of the run that a zone makes of another."""
    return f"{_PART}{run_id}@{zone}"


def is_part(run: Run) -> bool:
    """Whether a run is a part, or may repeat one."""
    return (run.dedupe_key or "").startswith((_PART, _AGAIN))


@dataclass(frozen=True)
class Parts:
    """How runs belong together; ids of a whole are those of its first try."""

    database: Database

    def origin(self, run: Run) -> Run:
        """The first try of a run that was made again, or itself."""
        with self.database.read() as connection:
            return _first_try(connection, run)

    def whole_of(self, run: Run) -> tuple[Run, list[Run]] | None:
        """The whole that a run is, or is a part of, and its parts, by zone; newest tries.

        None for a run that has no parts and is none.
        """
        with self.database.read() as connection:
            first = _first_try(connection, run)
            key = first.dedupe_key or ""
            origin: Run | None = first
            if key.startswith(_PART):
                origin = _get(connection, key[len(_PART) :].rpartition("@")[0])
            if origin is None:
                return None
            parts = _parts(connection, origin.id)
            return (_last_try(connection, origin), parts) if parts else None

    def ended_within(self, seconds: float) -> list[Run]:
        """Parts, and repeats of whatever, that have ended in the last so many seconds."""
        key = runs.c.dedupe_key
        with self.database.read() as connection:
            since = self.database.clock(connection) - timedelta(seconds=seconds)
            wanted = select(runs).where(
                runs.c.finished >= since,
                or_(key.startswith(_PART), key.startswith(_AGAIN)),
            )
            return [from_row(row, Run) for row in connection.execute(wanted).mappings()]

    def settle(self, run_id: str, was: Run, status: RunStatus, summary: Any) -> bool:
        """Say how a run ended with all its parts; False where it is no longer as it `was`."""
        with self.database.write() as connection:
            settled = connection.execute(
                update(runs)
                .where(runs.c.id == run_id, runs.c.status == was.status.value)
                .where(runs.c.finished == was.finished)
                .values(status=status.value, summary=summary)
            )
            return settled.rowcount == 1


def _get(connection: Connection, run_id: str) -> Run | None:
    found = connection.execute(select(runs).where(runs.c.id == run_id))
    row = found.mappings().one_or_none()
    return None if row is None else from_row(row, Run)


def _first_try(connection: Connection, run: Run) -> Run:
    while (key := run.dedupe_key or "").startswith(_AGAIN):
        before = _get(connection, key[len(_AGAIN) :])
        if before is None:
            return run
        run = before
    return run


def _last_try(connection: Connection, run: Run) -> Run:
    while True:
        again = select(runs).where(runs.c.dedupe_key == again_key(run.id))
        row = connection.execute(again).mappings().one_or_none()
        if row is None:
            return run
        run = from_row(row, Run)


def _parts(connection: Connection, run_id: str) -> list[Run]:
    key = runs.c.dedupe_key
    # A range, so that the index of the keys is used: "A" comes after "@".
    wanted = select(runs).where(key >= part_key(run_id, ""), key < f"{_PART}{run_id}A")
    found = connection.execute(wanted.order_by(runs.c.zone)).mappings().all()
    return [_last_try(connection, from_row(row, Run)) for row in found]

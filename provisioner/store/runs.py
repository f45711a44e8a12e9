"""Runs and their events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from provisioner.errors import StoreError
from provisioner.model.run import Run, RunEvent, RunStatus
from provisioner.store.database import Database
from provisioner.store.from_row import from_row
from provisioner.store.process import Process, this_process
from provisioner.store.tables import locks, run_events, runs

SILENT_AFTER = timedelta(hours=24)
"""A run of another machine that holds no lease is given up after this."""


@dataclass(frozen=True)
class Runs:
    """All runs, oldest first by id."""

    database: Database

    def start(self, run: Run) -> None:
        """Remember a run as running in this process."""
        mine = this_process()
        stamped = msgspec.structs.replace(
            run, pid=mine.pid, host=mine.host, process=mine.token
        )
        with self.database.write() as connection:
            connection.execute(insert(runs).values(**msgspec.structs.asdict(stamped)))

    def finish(
        self, run_id: str, status: RunStatus, summary: Any = None, *, checksum: str = ""
    ) -> None:
        """Say how a run ended; `summary` is JSON-like.

        A run that was given up as lost and ends after all says so here. Raises `StoreError`
        for a run that is unknown or has ended before.
        """
        values: dict[str, Any] = {"status": status.value, "summary": summary}
        if checksum:
            values["checksum"] = checksum
        unfinished = runs.c.status.in_([RunStatus.RUNNING, RunStatus.LOST])
        with self.database.write() as connection:
            now = self.database.clock(connection)
            ended = connection.execute(
                update(runs)
                .where(runs.c.id == run_id, unfinished)
                .values(finished=now, **values)
            )
            if ended.rowcount != 1:
                raise StoreError(f"Run {run_id} is not known, or has already ended.")

    def get(self, run_id: str) -> Run | None:
        """One run, or None."""
        with self.database.read() as connection:
            found = connection.execute(select(runs).where(runs.c.id == run_id))
            row = found.mappings().one_or_none()
            return None if row is None else from_row(row, Run)

    def latest(self, limit: int = 20) -> list[Run]:
        """The newest runs, newest first."""
        newest = select(runs).order_by(runs.c.id.desc()).limit(limit)
        with self.database.read() as connection:
            return [from_row(row, Run) for row in connection.execute(newest).mappings()]

    def add_event(
        self,
        run_id: str,
        kind: str,
        text: str,
        details: Mapping[str, Any] | None = None,
    ) -> int:
        """Add one event; returns its number in the run. Raises `StoreError` if unknown."""
        count = (
            update(runs)
            .where(runs.c.id == run_id)
            .values(events=runs.c.events + 1)
            .returning(runs.c.events)
        )
        with self.database.write() as connection:
            number: int | None = connection.execute(count).scalar_one_or_none()
            if number is None:
                raise StoreError(f"Run {run_id} is not known.")
            connection.execute(
                insert(run_events).values(
                    run_id=run_id,
                    number=number,
                    at=self.database.clock(connection),
                    kind=kind,
                    text=text,
                    details=details,
                )
            )
        return number

    def events(self, run_id: str, after: int = 0) -> list[RunEvent]:
        """The events of a run in order, from number `after` on (for a page that follows)."""
        wanted = (
            select(run_events)
            .where(run_events.c.run_id == run_id, run_events.c.number > after)
            .order_by(run_events.c.number)
        )
        with self.database.read() as connection:
            return [
                from_row(row, RunEvent) for row in connection.execute(wanted).mappings()
            ]

    def reap(self) -> list[str]:
        """Mark runs whose process is gone as lost; returns their ids.

        On this host the process itself is looked up. A run of another host is given up when
        its leases are over, or after a day when it never had one.
        """
        open_runs = select(runs).where(runs.c.status == RunStatus.RUNNING)
        with self.database.write(alone="reap") as connection:
            found = [
                from_row(row, Run) for row in connection.execute(open_runs).mappings()
            ]
            lost = [run.id for run in found if self._is_lost(connection, run)]
            now = self.database.clock(connection)
            for run_id in lost:
                connection.execute(
                    update(runs)
                    .where(runs.c.id == run_id)
                    .values(status=RunStatus.LOST.value, finished=now)
                )
        return lost

    def _is_lost(self, connection: Connection, run: Run) -> bool:
        process = Process(run.host, run.pid, run.process)
        if process.is_gone() or process.is_of_another_boot():
            return True
        if process.host == this_process().host:
            return False
        now = self.database.clock(connection)
        longest = select(func.max(locks.c.lease_until)).where(locks.c.owner == run.id)
        until = connection.execute(longest).scalar_one_or_none()
        return until < now if until is not None else run.started + SILENT_AFTER < now

"""Runs and their events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from provisioner.errors import StoreError
from provisioner.model.masking import masked, masked_all
from provisioner.model.run import Run, RunEvent, RunStatus
from provisioner.process import Process, this_process
from provisioner.store.canonical import canonical
from provisioner.store.database import Database
from provisioner.store.from_row import from_row
from provisioner.store.lease import Lease
from provisioner.store.locks import next_fence
from provisioner.store.run_queue import RunQueue
from provisioner.store.tables import locks, run_events, runs

MOST_EVENTS = 2000
"""Events kept of one run; a run that has more to tell says so once."""
LONGEST_TEXT = 4000  # characters of an event's text, and of its details
_AT_ONCE = 500  # runs forgotten in one transaction: others want to write, too
SILENT_AFTER = timedelta(hours=24)
"""A run of another machine that holds no lease is given up after this."""


@dataclass(frozen=True)
class Runs:
    """All runs, oldest first by id."""

    database: Database

    def start(self, run: Run, lease_seconds: float = 60.0) -> Lease:
        """Remember a run as running in this process, under a lease."""
        mine = this_process()
        with self.database.write() as connection:
            fence = next_fence(connection)
            until = self.database.clock(connection) + timedelta(seconds=lease_seconds)
            stamped = msgspec.structs.replace(
                run,
                pid=mine.pid,
                host=mine.host,
                process=mine.token,
                worker=run.worker or f"{mine.host}/{mine.pid}",
                fence=fence,
                lease_until=until,
            )
            connection.execute(insert(runs).values(**msgspec.structs.asdict(stamped)))
        return Lease(RunQueue(self.database), (), run.id, fence, lease_seconds)

    def finish(
        self,
        run_id: str,
        status: RunStatus,
        summary: Any = None,
        *,
        checksum: str = "",
        fence: int | None = None,
    ) -> None:
        """Say how a run ended; `summary` is JSON-like, `fence` that of the one who says it.

        A run that was given up as lost and ends after all says so here, unless another one
        took its place. Raises `StoreError` for a run that is unknown, has ended before or
        is somebody else's by now.
        """
        if isinstance(summary, dict) and "reason" in summary:
            summary = summary | {"reason": masked(str(summary["reason"]))}
        values: dict[str, Any] = {"status": status.value, "summary": summary}
        if checksum:
            values["checksum"] = checksum
        unfinished = runs.c.status.in_([*_HELD, RunStatus.LOST.value])
        with self.database.statement() as connection:
            ended = connection.execute(
                update(runs)
                .where(runs.c.id == run_id, unfinished)
                .where(true() if fence is None else runs.c.fence == fence)
                .values(finished=self.database.now_there(), **values)
            )
            if ended.rowcount != 1:
                raise StoreError(f"Run {run_id} is not known, or has already ended.")

    def get(self, run_id: str) -> Run | None:
        """One run, or None."""
        with self.database.read() as connection:
            found = connection.execute(select(runs).where(runs.c.id == run_id))
            row = found.mappings().one_or_none()
            return None if row is None else from_row(row, Run)

    def of_dedupe_key(self, key: str) -> Run | None:
        """The run that was ordered under a key, or None."""
        with self.database.read() as connection:
            found = connection.execute(select(runs).where(runs.c.dedupe_key == key))
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
        """Add one event; returns its number in the run. Raises `StoreError` if unknown.

        Beyond `MOST_EVENTS` nothing is kept, and the number stays.
        """
        count = (
            update(runs)
            .where(runs.c.id == run_id, runs.c.events < MOST_EVENTS)
            .values(events=runs.c.events + 1)
            .returning(runs.c.events)
        )
        with self.database.write() as connection:
            number: int | None = connection.execute(count).scalar_one_or_none()
            if number is None:
                return _full(connection, run_id)
            if number == MOST_EVENTS:
                kind, text, details = "full", "More happened than is kept here.", None
            connection.execute(
                insert(run_events).values(
                    run_id=run_id,
                    number=number,
                    at=self.database.clock(connection),
                    kind=kind,
                    text=masked(text[:LONGEST_TEXT]),
                    details=_bounded(details),
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

    def prune(
        self, keep_days: float, keep_newest: int, keep_most: int | None = None
    ) -> int:
        """Forget runs that ended more than `keep_days` ago, but the newest; returns how many.

        Beyond `keep_most` ended runs go however young they are. With a run go its events,
        plans, outcomes and proofs; the audit stays whole.
        """
        gone = 0
        with self.database.read() as connection:
            before = self.database.clock(connection) - timedelta(days=keep_days)
            old = and_(runs.c.finished < before, runs.c.id <= _nth(keep_newest))
            if keep_most is not None:
                surplus = and_(
                    runs.c.finished.is_not(None),
                    runs.c.id <= _nth(max(keep_most, keep_newest)),
                )
                old = or_(old, surplus)
        while True:
            with self.database.write() as connection:
                oldest = select(runs.c.id).where(old).order_by(runs.c.id)
                ids = list(connection.execute(oldest.limit(_AT_ONCE)).scalars())
                if ids:
                    connection.execute(delete(runs).where(runs.c.id.in_(ids)))
            gone += len(ids)
            if len(ids) < _AT_ONCE:
                return gone

    def reap(self) -> list[str]:
        """Mark runs whose process is gone or whose lease is over as lost; returns their ids.

        On this host the process itself is looked up, so that nobody waits for a lease.
        """
        with self.database.read() as connection:
            # Nearly always nobody is lost: nobody else has to wait to hear that.
            if not self._lost(connection):
                return []
        with self.database.write(alone="reap") as connection:
            lost = self._lost(connection)
            now = self.database.clock(connection)
            for run_id in lost:
                connection.execute(
                    update(runs)
                    .where(runs.c.id == run_id, runs.c.status.in_(_HELD))
                    .values(status=RunStatus.LOST.value, finished=now)
                )
        return lost

    def _lost(self, connection: Connection) -> list[str]:
        held = select(runs).where(runs.c.status.in_(_HELD))
        found = [from_row(row, Run) for row in connection.execute(held).mappings()]
        return [run.id for run in found if self._is_lost(connection, run)]

    def _is_lost(self, connection: Connection, run: Run) -> bool:
        process = Process(run.host, run.pid, run.process)
        if process.is_gone() or process.is_of_another_boot():
            return True
        now = self.database.clock(connection)
        if run.lease_until is not None:
            # One of the day after tomorrow was given before the clock was set back.
            return not now <= run.lease_until < now + SILENT_AFTER
        if process.host == this_process().host:
            return False
        # Begun by a provisioner that gave no leases to runs, only to their locks.
        longest = select(func.max(locks.c.lease_until)).where(locks.c.owner == run.id)
        until = connection.execute(longest).scalar_one_or_none()
        return until < now if until is not None else run.started + SILENT_AFTER < now


_HELD = [RunStatus.CLAIMED.value, RunStatus.RUNNING.value]


def _nth(newest: int) -> Any:
    """The id of the run before which there are so many newer ones."""
    ids = select(runs.c.id).order_by(runs.c.id.desc()).offset(newest).limit(1)
    return ids.scalar_subquery()


def _bounded(details: Mapping[str, Any] | None) -> Any:
    """Details without what looks like a secret, or a word in their place if too long."""
    kept = masked_all(details)
    length = len(canonical(kept)) if kept else 0
    return {"left_out": length} if length > LONGEST_TEXT else kept


def _full(connection: Connection, run_id: str) -> int:
    known = select(runs.c.id).where(runs.c.id == run_id)
    if connection.execute(known).scalar_one_or_none() is None:
        raise StoreError(f"Run {run_id} is not known.")
    return MOST_EVENTS

"""Runs that wait to be taken, and the leases of those that were.

The row of a run is the truth: whatever brings a worker to it, the worker has it only when
the one conditional UPDATE of `claim` says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from provisioner.errors import StoreError
from provisioner.model.run import Run, RunStatus
from provisioner.process import this_process
from provisioner.store.database import Database
from provisioner.store.from_row import from_row
from provisioner.store.lease import Lease
from provisioner.store.locks import next_fence
from provisioner.store.parts import again_key
from provisioner.store.tables import runs

_HELD = [RunStatus.CLAIMED.value, RunStatus.RUNNING.value]
_LOOKED_AT = 20
_URGENCY = (runs.c.priority.desc(), runs.c.due, runs.c.id)
_NOW = bindparam("moment", type_=runs.c.due.type)
_RIVAL = runs.alias("rival")
_BUSY = exists().where(
    _RIVAL.c.schedule == runs.c.schedule,
    _RIVAL.c.schedule != "",
    _RIVAL.c.status.in_(_HELD),
)
_READY = and_(
    runs.c.status == RunStatus.QUEUED.value,
    runs.c.due <= _NOW,
    or_(runs.c.not_after.is_(None), runs.c.not_after >= _NOW),
    ~_BUSY,
)
"""May be taken at the `moment` that a statement is given; made once, for each claim asks."""


@dataclass(frozen=True)
class Claim:
    """A run that this process has, and the lease by which it has it."""

    run: Run
    lease: Lease


@dataclass(frozen=True)
class RunQueue:
    """The waiting runs of a store."""

    database: Database

    def enqueue(self, run: Run) -> bool:
        """Let a run wait; False, and nothing done, where its `dedupe_key` is there."""
        with self.database.statement() as connection:
            return enqueue_in(connection, run, self.database.now_there())

    def repeat(self, broken_off: str, again: Run) -> bool:
        """Let a run wait in place of one that was lost or cancelled; False if it was not.

        The old one loses its fence: were its worker only slow, it could say that it ended
        well after all, and the work would be done twice.
        """
        over = [RunStatus.LOST.value, RunStatus.CANCELLED.value]
        with self.database.write() as connection:
            replaced = connection.execute(
                update(runs)
                .where(runs.c.id == broken_off, runs.c.status.in_(over))
                .values(fence=0)
            )
            if replaced.rowcount != 1:
                return False
            return enqueue_in(connection, again, self.database.clock(connection))

    def claim(
        self,
        worker: str,
        lease_seconds: float,
        *,
        zones: Sequence[str] = ("",),
        run_id: str = "",
    ) -> Claim | None:
        """Take the most urgent run that is due (or `run_id`, if it is); None without one.

        A run of a schedule of which another run is being worked on stays where it is.
        """
        with self.database.write(alone="claim") as connection:
            now = self.database.clock(connection)
            ready = [_READY, runs.c.zone.in_(zones)]
            named = [run_id] if run_id else _candidates(connection, ready, now)
            for one in named:
                taken = self._take(connection, one, ready, worker, lease_seconds, now)
                if taken is not None:
                    return taken
        return None

    def ready(
        self,
        zones: Sequence[str] | None = None,
        limit: int = 100,
        *also: ColumnElement[bool],
    ) -> list[Run]:
        """The runs that could be claimed now, most urgent first; None is every zone.

        `also` are further conditions on their rows.
        """
        with self.database.read() as connection:
            where, now = [_READY, *also], self.database.clock(connection)
            if zones is not None:
                where.append(runs.c.zone.in_(zones))
            wanted = select(runs).where(*where).order_by(*_URGENCY).limit(limit)
            found = connection.execute(wanted, {"moment": now}).mappings()
            return [from_row(row, Run) for row in found]

    def _take(
        self,
        connection: Connection,
        run_id: str,
        ready: Sequence[ColumnElement[bool]],
        worker: str,
        seconds: float,
        now: datetime,
    ) -> Claim | None:
        fence, mine = next_fence(connection), this_process()
        taken = connection.execute(
            update(runs)
            .where(runs.c.id == run_id, *ready)
            .values(
                status=RunStatus.CLAIMED.value,
                worker=worker,
                fence=fence,
                lease_until=now + timedelta(seconds=seconds),
                host=mine.host,
                pid=mine.pid,
                process=mine.token,
                started=now,
            )
            .returning(*runs.c),
            {"moment": now},
        )
        row = taken.mappings().one_or_none()
        if row is None:
            return None
        return Claim(from_row(row, Run), Lease(self, (), run_id, fence, seconds))

    def renew(self, lease: Lease) -> bool:
        """Prolong the lease of a run; False when it has it no longer."""
        with self.database.write() as connection:
            until = self.database.clock(connection) + timedelta(seconds=lease.seconds)
            return _of(connection, lease, lease_until=until)

    def release(self, lease: Lease) -> None:
        """Nothing to give back: the lease of a run ends with the run."""

    def begin(self, lease: Lease, run: Run) -> None:
        """A claimed run begins: its scope and commit are known. Raises `StoreError`."""
        with self.database.statement() as connection:
            begun = _of(
                connection,
                lease,
                status=RunStatus.RUNNING.value,
                municipalities=run.municipalities,
                kinds=run.kinds,
                commit=run.commit,
            )
        if not begun:
            raise StoreError(f"Run {run.id} was taken away before it began.")

    def postpone(self, lease: Lease, until: datetime) -> bool:
        """Put a run that cannot go on now back to wait; False when we had lost it."""
        with self.database.write() as connection:
            return _of(
                connection,
                lease,
                status=RunStatus.QUEUED.value,
                due=until,
                worker="",
                lease_until=None,
            )

    def expire(self) -> list[str]:
        """End the waiting runs whose time is over; returns their ids."""
        with self.database.read() as connection:
            now = self.database.clock(connection)
            late = and_(runs.c.status == RunStatus.QUEUED.value, runs.c.not_after < now)
            if (
                connection.execute(select(runs.c.id).where(late).limit(1)).first()
                is None
            ):
                return []
        return self._end(RunStatus.EXPIRED, late, "its time was over")

    def supersede(self, schedule: str, by: str) -> list[str]:
        """End the waiting runs of a schedule, for `by` does their work; returns their ids.

        What must not be lost (a run that somebody asked for) belongs to no schedule.
        """
        older = and_(
            runs.c.status == RunStatus.QUEUED.value,
            runs.c.schedule == schedule,
            runs.c.id != by,
        )
        return self._end(RunStatus.SUPERSEDED, older, f"run {by} took its place")

    def cancel(self, run_id: str, by: str) -> Run:
        """Cancel a waiting run, or ask the worker of a running one to stop.

        Returns the run as it is then. Raises `StoreError` where it has ended or is unknown.
        """
        waiting = and_(runs.c.id == run_id, runs.c.status == RunStatus.QUEUED.value)
        reason = f"cancelled by {by}"
        self._end(RunStatus.CANCELLED, waiting, reason, cancelled_by=by)
        with self.database.write() as connection:
            connection.execute(
                update(runs)
                .where(runs.c.id == run_id, runs.c.status.in_(_HELD))
                .values(cancelled_by=by)
            )
            found = connection.execute(select(runs).where(runs.c.id == run_id))
            row = found.mappings().one_or_none()
        if row is None or row["cancelled_by"] != by:
            what = f"Run {run_id} has already ended." if row else f"No run {run_id}."
            raise StoreError(what, remedy="See: provisioner runs list.")
        return from_row(row, Run)

    def stopper(self, run_id: str) -> str:
        """Who has asked this run to stop, or ""."""
        with self.database.read() as connection:
            asked = select(runs.c.cancelled_by).where(runs.c.id == run_id)
            return connection.execute(asked).scalar_one_or_none() or ""

    def waiting(self, limit: int = 1000) -> list[Run]:
        """The runs that wait or are worked on, most urgent first."""
        wanted = (
            select(runs)
            .where(runs.c.status.in_([RunStatus.QUEUED.value, *_HELD]))
            .order_by(*_URGENCY)
            .limit(limit)
        )
        with self.database.read() as connection:
            return [from_row(row, Run) for row in connection.execute(wanted).mappings()]

    def lost_since(self, moment: datetime) -> list[Run]:
        """Runs given up since then that had waited here once and were not repeated yet."""
        again = runs.alias("again")
        wanted = select(runs).where(
            runs.c.status == RunStatus.LOST.value,
            runs.c.finished >= moment,
            runs.c.asked.is_not(None),
            ~exists().where(again.c.dedupe_key == again_key("") + runs.c.id),
        )
        with self.database.read() as connection:
            return [from_row(row, Run) for row in connection.execute(wanted).mappings()]

    def _end(
        self, status: RunStatus, which: ColumnElement[bool], reason: str, **more: Any
    ) -> list[str]:
        with self.database.write() as connection:
            now = self.database.clock(connection)
            ended = connection.execute(
                update(runs)
                .where(which)
                .values(
                    status=status.value,
                    finished=now,
                    summary={"reason": reason},
                    **more,
                )
                .returning(runs.c.id)
            )
            return list(ended.scalars())


def enqueue_in(
    connection: Connection, run: Run, now: datetime | ColumnElement[datetime]
) -> bool:
    """`RunQueue.enqueue` within a transaction that does more."""
    row = msgspec.structs.asdict(run) | {"status": RunStatus.QUEUED.value}
    row["due"] = run.due or now
    sqlite_ = connection.dialect.name == "sqlite"
    insert = sqlite.insert if sqlite_ else postgresql.insert
    once = insert(runs).on_conflict_do_nothing(index_elements=["dedupe_key"])
    made = connection.execute(once.values(**row).returning(runs.c.id))
    return made.scalar_one_or_none() is not None


def _of(connection: Connection, lease: Lease, **values: Any) -> bool:
    changed = connection.execute(
        update(runs)
        .where(
            runs.c.id == lease.owner,
            runs.c.fence == lease.fence,
            runs.c.status.in_(_HELD),
        )
        .values(**values)
    )
    return changed.rowcount == 1


def _candidates(
    connection: Connection, ready: Sequence[ColumnElement[bool]], now: datetime
) -> list[str]:
    urgent = select(runs.c.id).where(*ready).order_by(*_URGENCY).limit(_LOOKED_AT)
    return list(connection.execute(urgent, {"moment": now}).scalars())

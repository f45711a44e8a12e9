"""Plans that wait for a second person."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import insert, select, update

from provisioner.errors import StoreError
from provisioner.model.approval import Approval
from provisioner.model.audit import AuditEntry
from provisioner.model.run import Run
from provisioner.store.audit import ALONE, extend_in
from provisioner.store.database import Database
from provisioner.store.from_row import from_row
from provisioner.store.run_queue import enqueue_in
from provisioner.store.tables import approvals


@dataclass(frozen=True)
class Approvals:
    """One approval at most for each run."""

    database: Database

    def request(self, approval: Approval) -> None:
        """Put a plan to a second person."""
        with self.database.write() as connection:
            row = msgspec.structs.asdict(approval)
            row["changes"] = msgspec.to_builtins(approval.changes)
            connection.execute(insert(approvals).values(**row))

    def get(self, run_id: str) -> Approval | None:
        """What a run has asked for, or None."""
        return self._first(approvals.c.run_id == run_id)

    def of_checksum(self, checksum: str) -> Approval | None:
        """The newest approval bound to a plan of this checksum, or None."""
        return self._first(approvals.c.checksum == checksum)

    def open(self) -> list[Approval]:
        """What waits for a second person and has not expired, oldest first."""
        with self.database.read() as connection:
            now = self.database.clock(connection)
            wanted = (
                select(approvals)
                .where(approvals.c.decided.is_(None), approvals.c.expires > now)
                .order_by(approvals.c.requested)
            )
            found = connection.execute(wanted).mappings()
            return [from_row(row, Approval) for row in found]

    def approve(self, run_id: str, by: str, following: Run, entry: AuditEntry) -> None:
        """A second person agrees, once and in time; `following` waits to carry it out.

        `entry` goes into the audit with it: no approval is without its row there.

        Raises `StoreError` for one that is unknown, decided, expired, or asked for by the
        same person.
        """
        with self.database.write(alone=ALONE) as connection:
            now = self.database.clock(connection)
            found = connection.execute(
                select(approvals).where(approvals.c.run_id == run_id)
            )
            row = found.mappings().one_or_none()
            approval = None if row is None else from_row(row, Approval)
            _check(run_id, approval, by, late=approval and approval.expires <= now)
            connection.execute(
                update(approvals)
                .where(approvals.c.run_id == run_id, approvals.c.decided.is_(None))
                .values(decided=now, decided_by=by, followed_by=following.id)
            )
            enqueue_in(connection, following, now)
            extend_in(connection, now, [entry])

    def _first(self, where: object) -> Approval | None:
        wanted = select(approvals).where(where).order_by(approvals.c.run_id.desc())  # type: ignore[arg-type]
        with self.database.read() as connection:
            row = connection.execute(wanted.limit(1)).mappings().one_or_none()
            return None if row is None else from_row(row, Approval)


def _check(run_id: str, approval: Approval | None, by: str, *, late: object) -> None:
    if approval is None:
        raise StoreError(
            f"Run {run_id} has asked for no approval.",
            remedy="See: provisioner runs list, and explain RUN.",
        )
    if approval.decided is not None:
        raise StoreError(
            f"{approval.decided_by} has approved run {run_id} already"
            f" (run {approval.followed_by}).",
        )
    if late:
        raise StoreError(
            f"The approval of run {run_id} has expired"
            f" ({approval.expires:%Y-%m-%d %H:%M} UTC).",
            remedy="Run apply again; what is still held back is asked for anew.",
        )
    if _same(approval.requested_by, by):
        raise StoreError(
            f"It takes two people: {by} asked for run {run_id} and cannot approve it.",
            remedy="Let somebody else approve it.",
        )


def _same(first: str, second: str) -> bool:
    return " ".join(first.split()).casefold() == " ".join(second.split()).casefold()

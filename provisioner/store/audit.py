"""Who did what, in rows that can only be added; each row's hash covers all before it.

What this shows and what it does not: a row that was changed, taken out or put in shows
wherever it is. Rows cut off at the end show against the head that the store keeps itself,
and, where somebody who can write the store also rewrites that, only against a head that was
kept elsewhere (`provisioner audit verify --head-file`). Nothing here shows that a whole
chain was made anew by somebody with full access when no head was ever kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, or_, select, update

from provisioner.model.audit import AuditEntry
from provisioner.store.audit_chain import AuditHead, AuditRow, AuditVerdict, judge, seal
from provisioner.store.canonical import as_text, canonical
from provisioner.store.database import Database
from provisioner.store.from_row import from_row
from provisioner.store.tables import audit, audit_head

ALONE = "audit"
"""Under this name only one transaction at a time adds to the chain."""
_ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class Audit:
    """The audit; the database itself refuses to change or delete its rows."""

    database: Database

    def append(
        self,
        actor: str,
        action: str,
        subject: str,
        details: Mapping[str, Any] | None = None,
    ) -> AuditHead:
        """Add one row; returns the new head."""
        return self.extend([AuditEntry(actor, action, subject, details or {})])

    def extend(self, entries: list[AuditEntry]) -> AuditHead:
        """Add rows in this order, all of them or none; returns the new head."""
        with self.database.write(alone=ALONE) as connection:
            return extend_in(connection, self.database.clock(connection), entries)

    def head(self) -> AuditHead:
        """How long the chain is and how it ends; keep it elsewhere."""
        with self.database.read() as connection:
            return _head(connection)

    def latest(self, limit: int = 50) -> list[AuditRow]:
        """The newest rows, newest first."""
        wanted = select(audit).order_by(audit.c.id.desc()).limit(limit)
        with self.database.read() as connection:
            return [
                from_row(row, AuditRow) for row in connection.execute(wanted).mappings()
            ]

    def search(
        self, words: str = "", *, actor: str = "", before: int = 0, limit: int = 50
    ) -> list[AuditRow]:
        """Rows with `words` in action, subject or details, newest first.

        `actor` is whose, `before` the number of the row to go on from; "" and 0 are any.
        """
        wanted = select(audit).order_by(audit.c.id.desc()).limit(limit)
        for word in words.split():
            fields = (audit.c.action, audit.c.subject, audit.c.details)
            wanted = wanted.where(
                or_(*(one.icontains(word, autoescape=True) for one in fields))
            )
        if actor:
            wanted = wanted.where(audit.c.actor.icontains(actor, autoescape=True))
        if before:
            wanted = wanted.where(audit.c.id < before)
        with self.database.read() as connection:
            return [
                from_row(row, AuditRow) for row in connection.execute(wanted).mappings()
            ]

    def verify(self, known: AuditHead | None = None) -> AuditVerdict:
        """Walk the whole chain; a broken one is told, not raised.

        `known` is a head that was kept elsewhere: the chain must still contain it.
        """
        with (
            self.database.read() as connection,
            # A broken chain is not walked to its end; PostgreSQL's cursor must not stay.
            closing(_all_rows(connection)) as rows,
        ):
            return judge(rows, _head(connection), known)


def extend_in(
    connection: Connection, now: datetime, entries: list[AuditEntry]
) -> AuditHead:
    """`Audit.extend` within a transaction that does more and was begun `alone=ALONE`."""
    head = _head(connection)
    rows = _chained(head, as_text(now), entries)
    if not rows:
        return head
    new = AuditHead(rows[-1].id, rows[-1].hash)
    connection.execute(insert(audit), [msgspec.structs.asdict(row) for row in rows])
    connection.execute(update(audit_head).values(rows=new.rows, hash=new.hash))
    return new


def _head(connection: Connection) -> AuditHead:
    row = connection.execute(select(audit_head)).one()
    return AuditHead(row.rows, row.hash)


def _all_rows(connection: Connection) -> Generator[AuditRow, None, None]:
    walk = select(audit).order_by(audit.c.id).execution_options(yield_per=_ROWS_AT_ONCE)
    with connection.execute(walk) as result:
        for row in result.mappings():
            yield from_row(row, AuditRow)


def _chained(head: AuditHead, at: str, entries: list[AuditEntry]) -> list[AuditRow]:
    rows = []
    for one in entries:
        details = canonical(one.details)
        row = AuditRow(head.rows + 1, at, one.actor, one.action, one.subject, details)
        row = msgspec.structs.replace(row, hash=seal(head.hash, row))
        head = AuditHead(row.id, row.hash)
        rows.append(row)
    return rows

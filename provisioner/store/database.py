"""One door to the database: reading, writing, and its errors in our words."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, Engine, literal

from provisioner.errors import StoreError
from provisioner.store.columns import Instant
from provisioner.store.connect import patience, writing
from provisioner.store.postgresql import (
    ALONE,
    ALREADY_WHOLE,
    SNAPSHOT,
    moment,
    moment_there,
)
from provisioner.store.translation import translated

_log = logging.getLogger(__name__)
_SHORT = 500  # milliseconds; nobody shall wait for housekeeping


@dataclass(frozen=True)
class Database:
    """An open database; safe to use from several threads, each call its own connection.

    A transaction must not be opened inside another one of the same thread: SQLite has one
    writer, so the inner one would wait for the outer.
    """

    engine: Engine

    @property
    def where(self) -> str:
        """The store as a person may see it: no password."""
        url = self.engine.url
        if self.is_sqlite:
            return str(url.database)
        return url.set(query={}).render_as_string(hide_password=True)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, all of it from one moment.

        Raises `StoreBusy` or `StoreError`.
        """
        with translated(self.where), self.engine.connect() as plain:
            connection = plain.execution_options(**{SNAPSHOT: True})
            with connection.begin():
                yield connection

    @contextmanager
    def write(self, alone: str = "") -> Iterator[Connection]:
        """A transaction that is kept as a whole or not at all.

        `alone` names work of which only one may go on at a time; SQLite has one writer
        anyway, PostgreSQL takes an advisory lock. Raises `StoreBusy`, `StoreFull` or
        `StoreError`, after which nothing was written.
        """
        with translated(self.where), self.engine.connect() as plain:
            connection = writing(plain)
            if alone:
                number = zlib.crc32(f"provisioner {alone}".encode())
                connection = connection.execution_options(**{ALONE: number})
            with connection.begin():
                yield connection

    @contextmanager
    def statement(self) -> Iterator[Connection]:
        """A write of one statement, which is kept as a whole or not at all by itself.

        On PostgreSQL it is one round trip. It has no `clock`; see `now_there`. Raises as
        `write` does.
        """
        with translated(self.where), self.engine.connect() as plain:
            connection = writing(plain).execution_options(**{ALREADY_WHOLE: True})
            with connection.begin():
                yield connection

    def now_there(self) -> ColumnElement[datetime]:
        """`clock` as a part of a statement."""
        if self.is_sqlite:
            return literal(datetime.now(UTC), Instant())
        return moment_there()

    def clock(self, connection: Connection) -> datetime:
        """The time now (UTC) by the one clock that all users of this store share.

        PostgreSQL's is that at which the transaction began, or got its lock.
        """
        return datetime.now(UTC) if self.is_sqlite else moment(connection)

    def shrink_log(self) -> None:
        """Empty SQLite's write-ahead log, where erased bytes would live on.

        Does what it can and never fails: with a reader at work, the log is emptied when
        the last connection closes.
        """
        if not self.is_sqlite:
            return
        waits = int(patience(self.engine.url) * 1000)
        try:
            with translated(self.where), self.engine.connect() as connection:
                raw = connection.connection.cursor()
                raw.execute(f"PRAGMA busy_timeout = {_SHORT}")
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                raw.execute(f"PRAGMA busy_timeout = {waits}")
        except StoreError as error:
            _log.warning("The log was not emptied: %s", error)

    def close(self) -> None:
        self.engine.dispose()

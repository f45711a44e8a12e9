"""From a URL to an engine: SQLite with safe pragmas, or PostgreSQL through psycopg."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from provisioner.errors import StoreError
from provisioner.store.postgresql import engine_on

PATIENCE = 15.0
"""Seconds to wait for a lock that another process holds; `?timeout=` in the URL wins."""

_FOR_WRITING = "provisioner_writes"


def engine_for(url: str) -> Engine:
    """An engine for `sqlite:///PATH` or `postgresql://…`; creates SQLite's file (0600).

    Raises `StoreError` for another database, a URL that cannot be read, a missing driver
    and a folder that cannot be written.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError("The store's URL cannot be read.", remedy=_REMEDY) from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parsed)
    if backend in ("postgresql", "postgres"):
        return _postgresql(parsed)
    raise StoreError(f"The store cannot be {backend}.", remedy=_REMEDY)


def writing(connection: Connection) -> Connection:
    """The connection, set so that its next transaction takes SQLite's write lock at once.

    A transaction that reads first and writes later would fail with "locked" without any
    waiting when another one wrote in between.
    """
    return connection.execution_options(**{_FOR_WRITING: True})


def patience(url: URL) -> float:
    """Seconds to wait for another process. Raises `StoreError` for what is no number."""
    try:
        return float(str(url.query.get("timeout", PATIENCE)))
    except ValueError:
        raise StoreError("The store's URL has a timeout that is no number.") from None


_REMEDY = "Use sqlite:///PATH or postgresql://USER@HOST/DATABASE (setting store_url)."


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database.startswith((":memory:", "file:")):
        raise StoreError("The store must be a plain file.", remedy=_REMEDY)
    _create_file(Path(url.database))
    engine = create_engine(url, connect_args={"timeout": patience(url)})
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    return engine


def _create_file(path: Path) -> None:
    """Before SQLite does it with everybody's permissions; -wal and -shm take after it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(
            f"{path}: {error.strerror}.", remedy="Check the folder of the store."
        ) from error


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we begin transactions ourselves, see _begin
    for pragma in (
        "foreign_keys = ON",
        "synchronous = NORMAL",  # a crash of the machine may lose the last commit, no more
        "secure_delete = ON",  # an erased ciphertext leaves no bytes behind
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_FOR_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def use_wal(engine: Engine) -> None:
    """Let readers and one writer work at once; a file system without it stays as it was."""
    give_up = time.monotonic() + patience(engine.url)
    while True:
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            # SQLite does not wait here even when told to: two that open a new file meet.
            busy = (error.sqlite_errorname or "").startswith("SQLITE_BUSY")
            if not busy or time.monotonic() > give_up:
                raise
            time.sleep(0.02)
        finally:
            connection.close()


def _postgresql(url: URL) -> Engine:
    query = dict(url.query)
    query.pop("timeout", None)
    try:
        return engine_on(url.set(query=query), patience(url))
    except ImportError:
        raise StoreError(
            "PostgreSQL needs psycopg, which is not installed.",
            remedy="Install it with: pip install 'provisioner[postgresql]'.",
        ) from None

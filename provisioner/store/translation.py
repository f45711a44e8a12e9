"""Database errors in words that a person at a terminal can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from provisioner.errors import StoreBusy, StoreError, StoreFull

# Result codes by name: https://sqlite.org/rescode.html
_SQLITE_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")
# A full disk shows as IOERR_SHMSIZE where the WAL index cannot grow.
_SQLITE_FULL = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")
# SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL_BUSY = {"55P03", "40P01", "40001", "57014", "53300"}
_POSTGRESQL_FULL = {"53100"}


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Raise `StoreBusy`, `StoreFull` or `StoreError` in place of a database error.

    `where` names the store without its password.
    """
    try:
        yield
    except DBAPIError as error:
        raise _as_store_error(error.orig or error, where) from error
    except sqlite3.Error as error:
        raise _as_store_error(error, where) from error
    except PoolTimeout as error:
        raise StoreBusy(f"{where}: all connections are in use.") from error
    except SQLAlchemyError as error:
        raise StoreError(f"{where}: {error}") from error


def _as_store_error(error: BaseException, where: str) -> StoreError:
    name = getattr(error, "sqlite_errorname", "") or ""
    state = getattr(error, "sqlstate", "") or ""
    if name.startswith(_SQLITE_BUSY) or state in _POSTGRESQL_BUSY:
        return StoreBusy(
            f"{where}: locked by another process for too long; nothing was written.",
            remedy="Try again when that run has ended (provisioner runs list).",
        )
    if name in _SQLITE_FULL or state in _POSTGRESQL_FULL:
        return StoreFull(
            f"{where}: the disk is full; nothing was written.",
            remedy="Free some space and run again.",
        )
    first_line = str(error).strip().partition("\n")[0]
    return StoreError(f"{where}: {first_line or type(error).__name__}.")

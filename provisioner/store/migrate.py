"""Bring the store to the shape this version knows: nothing, or all of it, under a lock."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from provisioner.errors import StoreError
from provisioner.store.connect import use_wal
from provisioner.store.database import Database
from provisioner.store.translation import translated

HEAD = "0007"
"""The newest migration; written here so that opening need not load Alembic (a test holds
it against the files)."""

_MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: Database) -> None:
    """Make the store current; a store that is current costs one query.

    Raises `StoreError` where a newer provisioner made it, and what `Database.write` raises.
    """
    if database.is_sqlite:
        with translated(database.where):
            use_wal(database.engine)
    with database.read() as connection:
        if _revision(connection) == HEAD:
            return
    with database.write(alone="migrate") as connection:
        revision = _revision(connection)
        if revision != HEAD:  # another process may have been faster
            _upgrade(connection, database.where, revision)


def _revision(connection: Connection) -> str:
    if not inspect(connection).has_table("alembic_version"):
        return ""
    found = connection.execute(text("SELECT version_num FROM alembic_version"))
    return str(found.scalar_one_or_none() or "")


def _upgrade(connection: Connection, where: str, revision: str) -> None:
    from alembic import command  # a third of a second that a current store never pays
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            f"{where}: its shape ({revision}) is not known to this version: {error}.",
            remedy="Use the provisioner that wrote it, or a newer one.",
        ) from error

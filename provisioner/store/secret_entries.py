"""What may be known of one-time secrets without the key: that they are, never what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, select

from provisioner.store.bulk import update_named
from provisioner.store.database import Database
from provisioner.store.from_row import from_row
from provisioner.store.tables import one_time_secrets as table


class SecretState(StrEnum):
    """How far a secret has come."""

    PREPARED = "prepared"
    READY = "ready"
    READ = "read"
    EXPIRED = "expired"


class SecretEntry(Struct, frozen=True):
    """A secret as it may be listed: never the secret itself. `key` is of the resource."""

    id: str
    key: str
    state: SecretState
    created: datetime
    expires: datetime


@dataclass(frozen=True)
class SecretEntries:
    """The list of one-time secrets."""

    database: Database

    def list(self) -> tuple[SecretEntry, ...]:
        """All secrets, oldest first, those that are over too."""
        return self._read()

    def of_resource(self, key: str) -> tuple[SecretEntry, ...]:
        """The secrets of one resource, oldest first."""
        return self._read(table.c.key == key)

    def _read(self, *where: ColumnElement[bool]) -> tuple[SecretEntry, ...]:
        listed = (table.c[name] for name in SecretEntry.__struct_fields__)
        wanted = select(*listed).where(*where).order_by(table.c.created, table.c.id)
        with self.database.read() as connection:
            now = self.database.clock(connection)
            rows = connection.execute(wanted).mappings()
            return tuple(_as_of(now, from_row(row, SecretEntry)) for row in rows)

    def expire(self, now: datetime | None = None) -> int:
        """Erase what is over; returns how many."""
        with self.database.write(alone="secrets") as connection:
            moment = now or self.database.clock(connection)
            alive = table.c.state.in_([SecretState.PREPARED, SecretState.READY])
            over = select(table.c.id).where(alive, table.c.expires <= moment)
            ids = connection.execute(over).scalars().all()
            end_secrets(connection, ids, SecretState.EXPIRED, moment)
        if ids:
            self.database.shrink_log()
        return len(ids)


def end_secrets(
    connection: Connection, ids: Iterable[str], state: SecretState, now: datetime
) -> None:
    """Erase the ciphertext; that there was a secret, and when it ended, stays on record."""
    over = {"state": state.value, "ciphertext": None, "ended": now}
    update_named(connection, table.c.id, ids, over)


def _as_of(now: datetime, entry: SecretEntry) -> SecretEntry:
    """A secret that is over counts as expired also before it has been erased."""
    alive = entry.state in (SecretState.PREPARED, SecretState.READY)
    if alive and entry.expires <= now:
        return replace(entry, state=SecretState.EXPIRED)
    return entry

"""First passwords: encrypted before the user is made, shown once, then gone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from msgspec import Struct
from sqlalchemy import Connection, select

from provisioner.errors import SecretUnavailable
from provisioner.store.bulk import update_named, upsert
from provisioner.store.canonical import as_text
from provisioner.store.database import Database
from provisioner.store.from_row import from_row
from provisioner.store.tables import one_time_secrets as table

UNUSED_FOR = timedelta(days=30)
"""A password that was prepared and never released is erased after this."""

_COLUMNS = ("id", "key", "state", "ciphertext", "created", "expires")


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


def cipher_for(key: bytes) -> MultiFernet:
    """The cipher for a key, or several separated by space: the first one encrypts."""
    return MultiFernet([Fernet(one) for one in key.split()])


@dataclass(frozen=True)
class OneTimeSecrets:
    """One-time secrets by id; the store keeps ciphertext only, and only until it is read."""

    database: Database
    cipher: MultiFernet = field(repr=False)

    def prepare(self, keys: Sequence[str], make: Callable[[], str]) -> dict[str, str]:
        """The password for each resource key: one prepared earlier and not yet released, so
        that a run after a crash uses what the crashed one may have sent, or a new one.

        One transaction for all. Raises `SecretUnavailable` when an earlier one cannot be
        decrypted: a new one in its place might not be the one that was set.
        """
        with self.database.write(alone="secrets") as connection:
            found = self._prepared(connection, keys)
            fresh = {key: make() for key in dict.fromkeys(keys) if key not in found}
            self._add(connection, fresh)
        return found | fresh

    def prepared(self) -> set[str]:
        """Resource keys whose password was prepared and not released.

        After a crash these are users that may exist and whose password nobody can read yet.
        """
        wanted = select(table.c.key).where(table.c.state == SecretState.PREPARED)
        with self.database.read() as connection:
            return set(connection.execute(wanted).scalars())

    def release(self, keys: Sequence[str], expires: datetime) -> dict[str, str]:
        """Make prepared passwords readable once until `expires`; returns the id by key.

        A key released before and not read since keeps its id; one that has neither is left
        out. An older unread secret of the same resource is erased: it no longer opens.
        """
        with self.database.write(alone="secrets") as connection:
            new = _ids(connection, keys, SecretState.PREPARED)
            old = _ids(connection, keys, SecretState.READY)
            stale = [secret_id for key, secret_id in old.items() if key in new]
            _end(
                connection, stale, SecretState.EXPIRED, self.database.clock(connection)
            )
            update_named(
                connection,
                table.c.id,
                new.values(),
                {"state": SecretState.READY.value, "expires": expires},
            )
        return old | new

    def show(self, secret_id: str) -> str:
        """The secret, exactly once: it is erased in the same transaction.

        Raises `SecretUnavailable` when it is unknown, expired, not released or was read.
        """
        with self.database.write(alone="secrets") as connection:
            now = self.database.clock(connection)
            readable = (
                table.c.id == secret_id,
                table.c.state == SecretState.READY,
                table.c.expires > now,
            )
            ciphertext = connection.execute(
                select(table.c.ciphertext).where(*readable)
            ).scalar_one_or_none()
            if ciphertext is None:
                raise SecretUnavailable
            secret = self._opened(ciphertext)
            _end(connection, [secret_id], SecretState.READ, now)
        self.database.shrink_log()
        return secret

    def list(self) -> tuple[SecretEntry, ...]:
        """All secrets, oldest first, those that are over too."""
        listed = (table.c[name] for name in SecretEntry.__struct_fields__)
        wanted = select(*listed).order_by(table.c.created, table.c.id)
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
            _end(connection, ids, SecretState.EXPIRED, moment)
        if ids:
            self.database.shrink_log()
        return len(ids)

    def _prepared(self, connection: Connection, keys: Sequence[str]) -> dict[str, str]:
        wanted = set(keys)
        waiting = select(table.c.key, table.c.ciphertext).where(
            table.c.state == SecretState.PREPARED
        )
        return {
            key: self._opened(ciphertext)
            for key, ciphertext in connection.execute(waiting)
            if key in wanted
        }

    def _add(self, connection: Connection, fresh: Mapping[str, str]) -> None:
        now = self.database.clock(connection)
        created, expires = as_text(now), as_text(now + UNUSED_FOR)
        rows = (
            (
                secrets.token_hex(10),
                key,
                SecretState.PREPARED.value,
                self.cipher.encrypt(secret.encode()),
                created,
                expires,
            )
            for key, secret in fresh.items()
        )
        upsert(connection, table, _COLUMNS, rows)

    def _opened(self, ciphertext: bytes) -> str:
        try:
            return self.cipher.decrypt(ciphertext).decode()
        except InvalidToken:
            raise SecretUnavailable(
                "A waiting one-time secret was encrypted with another key.",
                remedy="Put the former key back (setting secret_key, or var/secret.key).",
            ) from None


def _ids(
    connection: Connection, keys: Sequence[str], state: SecretState
) -> dict[str, str]:
    wanted = set(keys)
    found = connection.execute(
        select(table.c.key, table.c.id).where(table.c.state == state)
    )
    return {key: secret_id for key, secret_id in found if key in wanted}


def _end(
    connection: Connection, ids: Iterable[str], state: SecretState, now: datetime
) -> None:
    """Erase the ciphertext; that there was a secret, and when it ended, stays on record."""
    over = {"state": state.value, "ciphertext": None, "ended": now}
    update_named(connection, table.c.id, ids, over)


def _as_of(now: datetime, entry: SecretEntry) -> SecretEntry:
    """A secret that is over counts as expired also before it has been erased."""
    alive = entry.state in (SecretState.PREPARED, SecretState.READY)
    if alive and entry.expires <= now:
        return msgspec.structs.replace(entry, state=SecretState.EXPIRED)
    return entry

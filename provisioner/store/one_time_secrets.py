"""First passwords: encrypted before the user is made, shown once, then gone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Connection, select

from provisioner.errors import SecretUnavailable
from provisioner.store.bulk import update_named, upsert
from provisioner.store.canonical import as_text
from provisioner.store.database import Database
from provisioner.store.secret_entries import (
    SecretEntries,
    SecretEntry,
    SecretState,
    end_secrets,
)
from provisioner.store.tables import one_time_secrets as table

UNUSED_FOR = timedelta(days=30)
"""A password that was prepared and never released is erased after this."""

_COLUMNS = ("id", "key", "state", "ciphertext", "created", "expires")


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

    def list(self) -> tuple[SecretEntry, ...]:
        """See `SecretEntries.list`."""
        return SecretEntries(self.database).list()

    def expire(self, now: datetime | None = None) -> int:
        """See `SecretEntries.expire`."""
        return SecretEntries(self.database).expire(now)

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
            now = self.database.clock(connection)
            end_secrets(connection, stale, SecretState.EXPIRED, now)
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
            end_secrets(connection, [secret_id], SecretState.READ, now)
        self.database.shrink_log()
        return secret

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

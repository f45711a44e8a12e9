"""A secret that was read or is over leaves no bytes in any file of the store."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from cryptography.fernet import Fernet
from sqlalchemy import text

from provisioner.errors import SecretUnavailable
from provisioner.store import Store

PASSWORD = "Never=written%down"


def ciphertexts(store: Store) -> list[bytes]:
    with store.database.read() as connection:
        found = connection.execute(text("SELECT ciphertext FROM one_time_secrets"))
        return [one for one in found.scalars() if one is not None]


def bytes_of(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in sorted(folder.iterdir()))


def released(store: Store) -> tuple[str, bytes]:
    """The id of a secret that can be read for a week, and its ciphertext."""
    with store.database.read() as connection:
        now = store.database.clock(connection)
    secrets = store.secrets(Fernet.generate_key())
    secrets.prepare(["a"], lambda: PASSWORD)
    ids = secrets.release(["a"], now + timedelta(days=7))
    return ids["a"], ciphertexts(store)[0]


def test_a_waiting_secret_is_there_only_encrypted(store: Store, file: Path) -> None:
    _, ciphertext = released(store)
    written = bytes_of(file.parent)
    assert ciphertext in written
    assert PASSWORD.encode() not in written


def test_a_secret_that_was_read_leaves_no_bytes(store: Store, file: Path) -> None:
    key = Fernet.generate_key()
    secrets = store.secrets(key)
    secrets.prepare(["a", "b"], lambda: PASSWORD)
    with store.database.read() as connection:
        now = store.database.clock(connection)
    ids = secrets.release(["a", "b"], now + timedelta(days=7))
    before = ciphertexts(store)
    assert secrets.show(ids["a"]) == PASSWORD
    (waiting,) = ciphertexts(store)
    (erased,) = set(before) - {waiting}
    written = bytes_of(file.parent)
    assert erased not in written
    assert waiting in written


def test_an_expired_secret_leaves_no_bytes(store: Store, file: Path) -> None:
    _, ciphertext = released(store)
    with store.database.read() as connection:
        later = store.database.clock(connection) + timedelta(days=8)
    assert store.secret_entries.expire(later) == 1
    assert ciphertext not in bytes_of(file.parent)


def test_time_passing_expires_a_secret_without_any_housekeeping(store: Store) -> None:
    secret_id, _ = released(store)
    with store.database.read() as connection:
        later = store.database.clock(connection) + timedelta(days=8)
    with time_machine.travel(later, tick=False), pytest.raises(SecretUnavailable):
        store.secrets(Fernet.generate_key()).show(secret_id)


def test_a_secret_is_shown_also_while_a_reader_keeps_the_log_from_being_emptied(
    store: Store, file: Path
) -> None:
    secrets = store.secrets(Fernet.generate_key())
    secrets.prepare(["a"], lambda: PASSWORD)
    with store.database.read() as connection:
        now = store.database.clock(connection)
    ids = secrets.release(["a"], now + timedelta(days=7))
    (ciphertext,) = ciphertexts(store)
    with store.database.read() as connection:
        connection.execute(text("SELECT count(*) FROM runs"))
        assert secrets.show(ids["a"]) == PASSWORD
    store.close()
    assert ciphertext not in bytes_of(file.parent)

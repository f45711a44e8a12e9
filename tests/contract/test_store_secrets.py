"""One-time secrets: one password from crash to crash, shown once, then gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from provisioner.errors import SecretUnavailable
from provisioner.store import Store
from provisioner.store.one_time_secrets import OneTimeSecrets
from provisioner.store.secret_entries import SecretState

Spawn = Callable[..., Any]

KEY = Fernet.generate_key()
SHOW = """
from provisioner.errors import SecretUnavailable
from provisioner.store import open_store
store = open_store(url)
key, secret_id = talk.recv()
try:
    talk.send(store.secrets(key).show(secret_id))
except SecretUnavailable:
    talk.send("unavailable")
"""


@pytest.fixture
def secrets(store: Store) -> OneTimeSecrets:
    return store.secrets(KEY)


@pytest.fixture
def later(store: Store) -> datetime:
    with store.database.read() as connection:
        return store.database.clock(connection) + timedelta(days=7)


def maker() -> Callable[[], str]:
    numbers = count()
    return lambda: f"password{next(numbers)}"


def test_a_prepared_password_is_the_same_after_a_crash(
    store: Store, secrets: OneTimeSecrets
) -> None:
    first = secrets.prepare(["a", "b"], maker())
    again = store.secrets(KEY).prepare(["b", "c"], lambda: "new")
    assert again == {"b": first["b"], "c": "new"}
    assert secrets.prepared() == {"a", "b", "c"}


def test_a_released_secret_is_shown_exactly_once(
    secrets: OneTimeSecrets, later: datetime
) -> None:
    passwords = secrets.prepare(["a"], maker())
    ids = secrets.release(["a"], later)
    assert secrets.show(ids["a"]) == passwords["a"]
    with pytest.raises(SecretUnavailable):
        secrets.show(ids["a"])
    assert [(one.key, one.state) for one in secrets.list()] == [("a", SecretState.READ)]
    assert secrets.prepared() == set()


def test_after_a_release_the_next_preparation_makes_a_new_password(
    secrets: OneTimeSecrets, later: datetime
) -> None:
    secrets.prepare(["a"], lambda: "old")
    old = secrets.release(["a"], later)
    assert secrets.prepare(["a"], lambda: "new") == {"a": "new"}
    new = secrets.release(["a"], later)
    assert secrets.show(new["a"]) == "new"
    with pytest.raises(SecretUnavailable):  # it no longer opens the mailbox
        secrets.show(old["a"])


def test_releasing_again_gives_the_same_id(
    secrets: OneTimeSecrets, later: datetime
) -> None:
    secrets.prepare(["a"], maker())
    assert secrets.release(["a", "never prepared"], later) == secrets.release(
        ["a"], later
    )


def test_a_prepared_secret_cannot_be_shown(secrets: OneTimeSecrets) -> None:
    secrets.prepare(["a"], maker())
    (entry,) = secrets.list()
    with pytest.raises(SecretUnavailable):
        secrets.show(entry.id)
    with pytest.raises(SecretUnavailable):
        secrets.show("unknown")
    assert secrets.prepared() == {"a"}


def test_an_expired_secret_cannot_be_shown_and_is_erased(
    store: Store, secrets: OneTimeSecrets, later: datetime
) -> None:
    secrets.prepare(["a", "b"], maker())
    ids = secrets.release(["a"], later - timedelta(days=8))
    with pytest.raises(SecretUnavailable):
        secrets.show(ids["a"])
    assert {one.key: one.state for one in secrets.list()} == {
        "a": SecretState.EXPIRED,
        "b": SecretState.PREPARED,
    }
    assert store.secret_entries.expire() == 1
    with store.database.read() as connection:
        left = connection.execute(
            text("SELECT key FROM one_time_secrets WHERE ciphertext IS NOT NULL")
        )
        assert left.scalars().all() == ["b"]


def test_what_was_prepared_and_never_used_is_erased_after_a_month(
    secrets: OneTimeSecrets, later: datetime
) -> None:
    secrets.prepare(["a"], maker())
    assert secrets.expire(later) == 0
    assert secrets.expire(later + timedelta(days=30)) == 1
    assert secrets.prepare(["a"], lambda: "new") == {"a": "new"}


def test_another_key_neither_opens_nor_burns_nor_replaces_a_secret(
    store: Store, secrets: OneTimeSecrets, later: datetime
) -> None:
    passwords = secrets.prepare(["a", "b"], maker())
    ids = secrets.release(["a"], later)
    stranger = store.secrets(Fernet.generate_key())
    with pytest.raises(SecretUnavailable, match="another key"):
        stranger.show(ids["a"])
    with pytest.raises(SecretUnavailable, match="another key"):
        stranger.prepare(["b"], maker())
    assert secrets.show(ids["a"]) == passwords["a"]


def test_after_a_rotation_both_keys_open(
    store: Store, secrets: OneTimeSecrets, later: datetime
) -> None:
    passwords = secrets.prepare(["a"], maker())
    ids = secrets.release(["a"], later)
    rotated = store.secrets(Fernet.generate_key() + b" " + KEY)
    assert rotated.show(ids["a"]) == passwords["a"]


def test_of_four_readers_exactly_one_gets_the_secret(
    secrets: OneTimeSecrets, later: datetime, spawn: Spawn
) -> None:
    passwords = secrets.prepare(["a"], maker())
    ids = secrets.release(["a"], later)
    children = [spawn(SHOW) for _ in range(4)]
    for child in children:
        child.send((KEY, ids["a"]))
    answers = sorted(child.answer() for child in children)
    assert answers == sorted([passwords["a"], *["unavailable"] * 3])


def test_the_list_and_the_repr_show_no_secret(
    secrets: OneTimeSecrets, later: datetime
) -> None:
    secrets.prepare(["a"], lambda: "hunter2secret")
    secrets.release(["a"], later)
    shown = repr(secrets) + repr(secrets.list())
    assert "hunter2secret" not in shown
    assert KEY.decode() not in shown


def test_two_thousand_passwords_are_prepared_and_released_at_once(
    secrets: OneTimeSecrets, later: datetime
) -> None:
    keys = [f"rameh/mailbox/{n}" for n in range(2000)]
    passwords = secrets.prepare(keys, maker())
    assert len(set(passwords.values())) == 2000
    ids = secrets.release(keys, later)
    assert len(set(ids.values())) == 2000
    assert secrets.show(ids[keys[-1]]) == passwords[keys[-1]]

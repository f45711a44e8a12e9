"""Leases: all names or none, taken over from the dead, kept by a heartbeat."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from provisioner.errors import RunInProgress
from provisioner.store import Store
from provisioner.store.tables import locks as lock_rows

Spawn = Callable[..., Any]
Eventually = Callable[[Callable[[], bool]], None]

HOLD = """
from provisioner.store import open_store
store = open_store(url)
lease = store.locks.acquire(["karmiel/mailbox", "rameh/mailbox"], "holder", 60)
talk.send(lease.fence)
talk.recv()
"""
RACE = """
from provisioner.errors import RunInProgress
from provisioner.store import open_store
store = open_store(url)
talk.recv()
try:
    store.locks.acquire(["rameh/mailbox"], me, 60)
    talk.send("got it")
except RunInProgress:
    talk.send("refused")
talk.recv()
"""


def test_a_held_name_is_refused_with_the_holder_and_since_when(
    store: Store, spawn: Spawn
) -> None:
    child = spawn(HOLD)
    child.answer()
    with pytest.raises(RunInProgress) as caught:
        store.locks.acquire(["rameh/mailbox"], "other", 60)
    words = str(caught.value)
    assert "rameh/mailbox is held by run holder since 2" in words
    assert f"process {child.pid}" in words


def test_a_refused_taker_holds_none_of_its_names(store: Store, spawn: Spawn) -> None:
    child = spawn(HOLD)
    child.answer()
    with pytest.raises(RunInProgress):
        store.locks.acquire(["acre/mailbox", "rameh/mailbox"], "other", 60)
    assert store.locks.acquire(["acre/mailbox"], "third", 60).replaced == ()


def test_the_names_of_a_killed_holder_are_taken_over_at_once(
    store: Store, spawn: Spawn
) -> None:
    child = spawn(HOLD)
    fence = child.answer()
    child.kill()
    lease = store.locks.acquire(["rameh/mailbox", "haifa/mailbox"], "next", 60)
    assert lease.fence > fence
    assert lease.replaced == ("holder",)


def test_of_four_processes_exactly_one_gets_the_name(spawn: Spawn) -> None:
    children = [spawn(RACE, f"run{n}") for n in range(4)]
    for child in children:
        child.send("go")
    answers = [child.answer() for child in children]
    assert sorted(answers) == ["got it", "refused", "refused", "refused"]


def test_a_holder_on_another_host_is_replaced_when_its_lease_is_over(
    store: Store,
) -> None:
    far = store.locks.acquire(["rameh/mailbox"], "far", 0.3)
    with store.database.write() as connection:
        connection.execute(update(lock_rows).values(host="elsewhere", process="1@x"))
    with pytest.raises(RunInProgress, match="host elsewhere"):
        store.locks.acquire(["rameh/mailbox"], "near", 60)
    time.sleep(0.35)
    assert store.locks.acquire(["rameh/mailbox"], "near", 60).replaced == ("far",)
    with pytest.raises(RunInProgress, match="far has lost its hold"):
        far.renew()


def test_a_holder_that_lost_its_names_cannot_give_them_away(store: Store) -> None:
    late = store.locks.acquire(["rameh/mailbox"], "late", 0.01)
    time.sleep(0.02)
    store.locks.acquire(["rameh/mailbox"], "next", 60)
    late.release()
    with pytest.raises(RunInProgress, match="run next"):
        store.locks.acquire(["rameh/mailbox"], "third", 60)


def test_released_names_are_free(store: Store) -> None:
    lease = store.locks.acquire(["a", "b"], "one", 60)
    lease.release()
    lease.release()
    assert store.locks.acquire(["a", "b"], "two", 60).replaced == ()


def test_fences_grow_also_over_names_that_were_given_back(store: Store) -> None:
    fences = []
    for n in range(5):
        lease = store.locks.acquire([f"name{n % 2}"], f"run{n}", 60)
        fences.append(lease.fence)
        lease.release()
    assert fences == sorted(set(fences))


def test_a_heartbeat_keeps_a_lease_longer_than_its_seconds(store: Store) -> None:
    with store.locks.acquire(["rameh/mailbox"], "long", 0.3).kept() as lease:
        time.sleep(0.8)
        assert lease.holds
        with pytest.raises(RunInProgress, match="run long"):
            store.locks.acquire(["rameh/mailbox"], "other", 60)
    assert store.locks.acquire(["rameh/mailbox"], "other", 60).replaced == ()


def test_the_heartbeat_notices_that_the_lease_was_taken_over(
    store: Store, eventually: Eventually
) -> None:
    with store.locks.acquire(["rameh/mailbox"], "old", 0.3).kept() as lease:
        with store.database.write() as connection:
            connection.execute(update(lock_rows).values(owner="new", fence=99))
        eventually(lambda: not lease.holds)
        with pytest.raises(RunInProgress, match="old has lost"):
            lease.require()
    with store.database.read() as connection:
        owners = connection.execute(lock_rows.select()).mappings().all()
    assert [row["owner"] for row in owners] == ["new"]


def test_a_run_over_nothing_holds_nothing_and_may_go_on(store: Store) -> None:
    with store.locks.acquire([], "empty", 60).kept() as lease:
        lease.renew()
        assert lease.holds

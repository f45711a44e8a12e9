"""The last whole look at a tenant: replaced, added to, loaded in the order it came."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from provisioner.errors import StoreError
from provisioner.store import Store


def pages(count: int, word: str = "first") -> list[bytes]:
    return [f"{word} {n}".encode() + b"\x00\xff" for n in range(count)]


def full(store: Store, now: datetime, some: list[bytes]) -> None:
    store.snapshots.replace("t1", token="one", digest="d", at=now, pages=some)


def stored(store: Store) -> tuple[list[bytes], list[bytes]]:
    snapshot = store.snapshots.load("t1")
    assert snapshot is not None
    return list(snapshot.pages), list(snapshot.changes)


def test_a_tenant_never_read_has_no_snapshot(store: Store) -> None:
    assert store.snapshots.load("t1") is None


@pytest.mark.parametrize("count", [0, 1, 300])
def test_a_snapshot_comes_back_whole(store: Store, now: datetime, count: int) -> None:
    full(store, now, pages(count))
    assert stored(store) == (pages(count), [])
    snapshot = store.snapshots.load("t1")
    assert snapshot is not None
    assert (snapshot.token, snapshot.digest) == ("one", "d")
    assert snapshot.full_at == snapshot.token_at == now


def test_a_full_read_leaves_nothing_of_the_one_before(
    store: Store, now: datetime
) -> None:
    full(store, now, pages(300))
    store.snapshots.append("t1", token="two", at=now, changes=[b"change"])
    full(store, now, pages(7, "second"))
    assert stored(store) == (pages(7, "second"), [])


@pytest.mark.parametrize("count", [0, 12])
def test_changes_come_after_the_look_in_the_order_they_were_told(
    store: Store, now: datetime, count: int
) -> None:
    full(store, now, pages(count))
    later = now + timedelta(minutes=5)
    store.snapshots.append("t1", token="two", at=now, changes=[b"a", b"b"])
    store.snapshots.append("t1", token="three", at=later, changes=[b"c"])
    assert stored(store) == (pages(count), [b"a", b"b", b"c"])
    snapshot = store.snapshots.load("t1")
    assert snapshot is not None
    assert (snapshot.token, snapshot.full_at) == ("three", now)
    assert snapshot.token_at == later


def test_where_nothing_changed_the_token_alone_moves(
    store: Store, now: datetime
) -> None:
    full(store, now, pages(10))
    store.snapshots.append("t1", token="two", at=now, changes=[])
    assert stored(store) == (pages(10), [])
    snapshot = store.snapshots.load("t1")
    assert snapshot is not None
    assert snapshot.token == "two"


def test_there_is_no_adding_to_nothing(store: Store, now: datetime) -> None:
    with pytest.raises(StoreError, match="t1 has no snapshot"):
        store.snapshots.append("t1", token="x", at=now, changes=[b"a"])


def test_a_read_that_breaks_off_leaves_the_snapshot_before_it(
    store: Store, now: datetime
) -> None:
    full(store, now, pages(10))

    def broken() -> Iterator[bytes]:
        yield from pages(5, "second")
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store.snapshots.replace("t1", token="x", digest="d", at=now, pages=broken())
    assert stored(store) == (pages(10), [])


def test_tenants_are_kept_apart_and_can_be_forgotten(
    store: Store, now: datetime
) -> None:
    full(store, now, pages(3))
    store.snapshots.replace("t2", token="x", digest="d", at=now, pages=pages(1))
    store.snapshots.append("t2", token="x", at=now, changes=[b"a"])
    store.snapshots.forget("t2")
    assert store.snapshots.load("t2") is None
    assert stored(store) == (pages(3), [])

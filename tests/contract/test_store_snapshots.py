"""The last whole look at a tenant: replaced, brought up to date, walked through."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from provisioner.errors import StoreError
from provisioner.store import Store


def objects(count: int, word: str = "first") -> list[tuple[str, bytes]]:
    return [
        (f"id{n}", f'{{"id":"id{n}","word":"{word}"}}'.encode()) for n in range(count)
    ]


def full(store: Store, now: datetime, some: list[tuple[str, bytes]]) -> None:
    store.snapshots.replace("t1", token="one", digest="d", at=now, objects=some)


def stored(store: Store) -> dict[str, bytes]:
    snapshot = store.snapshots.load("t1")
    assert snapshot is not None
    return {body.split(b'"')[3].decode(): body for body in snapshot.objects}


def test_a_tenant_never_read_has_no_snapshot(store: Store) -> None:
    assert store.snapshots.load("t1") is None


@pytest.mark.parametrize("count", [0, 1, 3000])
def test_a_snapshot_comes_back_whole(store: Store, now: datetime, count: int) -> None:
    some = objects(count)
    full(store, now, some)
    assert stored(store) == dict(some)
    snapshot = store.snapshots.load("t1")
    assert snapshot is not None
    assert (snapshot.token, snapshot.digest) == ("one", "d")
    assert snapshot.full_at == snapshot.token_at == now
    assert len(list(snapshot.objects)) == len(list(snapshot.objects)) == count


def test_a_full_read_leaves_nothing_of_the_one_before(
    store: Store, now: datetime
) -> None:
    full(store, now, objects(3000))
    full(store, now, objects(7, "second"))
    assert stored(store) == dict(objects(7, "second"))


def test_a_merge_changes_adds_and_removes(store: Store, now: datetime) -> None:
    full(store, now, objects(3000))
    later = now + timedelta(minutes=5)
    store.snapshots.merge(
        "t1",
        token="two",
        at=later,
        changed=[("id5", b'{"id":"id5","word":"new"}'), ("new", b'{"id":"new"}')],
        removed=["id6", "never there"],
    )
    expected = dict(objects(3000)) | {
        "id5": b'{"id":"id5","word":"new"}',
        "new": b'{"id":"new"}',
    }
    del expected["id6"]
    assert stored(store) == expected
    snapshot = store.snapshots.load("t1")
    assert snapshot is not None
    assert (snapshot.token, snapshot.full_at, snapshot.token_at) == ("two", now, later)


def test_a_merge_of_nothing_moves_the_token_alone(store: Store, now: datetime) -> None:
    full(store, now, objects(10))
    store.snapshots.merge("t1", token="two", at=now, changed=[], removed=[])
    assert stored(store) == dict(objects(10))


def test_there_is_no_merging_into_nothing(store: Store, now: datetime) -> None:
    with pytest.raises(StoreError, match="t1 has no snapshot"):
        store.snapshots.merge("t1", token="x", at=now, changed=[], removed=[])


def test_a_read_that_breaks_off_leaves_the_snapshot_before_it(
    store: Store, now: datetime
) -> None:
    full(store, now, objects(10))

    def broken() -> Iterator[tuple[str, bytes]]:
        yield from objects(5, "second")
        raise ConnectionError

    with pytest.raises(ConnectionError):
        store.snapshots.replace("t1", token="x", digest="d", at=now, objects=broken())
    assert stored(store) == dict(objects(10))


def test_tenants_are_kept_apart_and_can_be_forgotten(
    store: Store, now: datetime
) -> None:
    full(store, now, objects(3))
    store.snapshots.replace("t2", token="x", digest="d", at=now, objects=objects(1))
    store.snapshots.forget("t2")
    assert store.snapshots.load("t2") is None
    assert stored(store) == dict(objects(3))

"""Notices: one for each transition, taken by one sender, never sent twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace
from sqlalchemy import update

from provisioner.model.notice import Delivery, Notice
from provisioner.store import Store
from provisioner.store.tables import notices as rows

Spawn = Callable[..., Any]

SEND = """
from provisioner.store import open_store
store = open_store(url)
talk.recv()
sent = []
while (notice := store.notices.take()) is not None:
    sent.append(notice.key)
    store.notices.sent(notice.key)
talk.send(sent)
"""


def a_notice(now: datetime, key: str = "run/1/it") -> Notice:
    return Notice(key, "it", "run_failed", {"run": "1"}, now, now)


def test_a_transition_makes_one_notice_for_ever(store: Store, now: datetime) -> None:
    one, two = a_notice(now), a_notice(now, "run/2/it")
    assert store.notices.make([one]) == 1
    assert store.notices.make([one, two]) == 1
    taken = store.notices.take()
    assert taken is not None
    store.notices.sent(taken.key)
    assert store.notices.make([one]) == 0


def test_of_three_senders_each_notice_is_sent_by_one(
    store: Store, now: datetime, spawn: Spawn
) -> None:
    keys = {f"run/{n}/it" for n in range(30)}
    store.notices.make([a_notice(now, key) for key in keys])
    children = [spawn(SEND) for _ in range(3)]
    for child in children:
        child.send("go")
    sent = [key for child in children for key in child.answer()]
    assert sorted(sent) == sorted(keys)


def test_what_failed_waits_and_what_failed_for_good_does_not(
    store: Store, now: datetime
) -> None:
    store.notices.make([a_notice(now)])
    first = store.notices.take()
    assert first is not None
    store.notices.failed(first.key, "refused", timedelta(hours=1))
    assert store.notices.take() is None
    (waiting,) = store.notices.latest()
    assert (waiting.state, waiting.attempts) == (Delivery.WAITING, 1)
    store.notices.failed(first.key, "refused", None)
    (ended,) = store.notices.latest()
    assert (ended.state, ended.error) == (Delivery.FAILED, "refused")


def test_a_sender_that_died_leaves_it_uncertain_and_it_is_not_sent_again(
    store: Store, now: datetime
) -> None:
    store.notices.make([a_notice(now)])
    assert store.notices.take() is not None
    with store.database.write() as connection:
        connection.execute(update(rows).values(due=now - timedelta(days=1)))
    assert store.notices.take() is None
    (left,) = store.notices.latest()
    assert left.state is Delivery.UNCERTAIN


def test_what_is_not_due_yet_is_not_taken(store: Store, now: datetime) -> None:
    with store.database.read() as connection:
        present = store.database.clock(connection)
    later = replace(a_notice(present), due=present + timedelta(hours=8))
    store.notices.make([later])
    assert store.notices.take() is None

"""One leader at a time, on both databases, whatever dies."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from provisioner.engine.scope import Order
from provisioner.errors import RunInProgress
from provisioner.service.orders import waiting_run
from provisioner.store import Store

Spawn = Callable[..., Any]

RUN_FOR_OFFICE = """
from provisioner.store import open_store
store = open_store(url)
talk.recv()
office = store.leaders.take("scheduler", me, 60)
talk.send(office.epoch if office else 0)
talk.recv()
"""


def test_of_four_processes_one_leads(store: Store, spawn: Spawn) -> None:
    children = [spawn(RUN_FOR_OFFICE, f"p{n}") for n in range(4)]
    for child in children:
        child.send("go")
    assert sorted(child.answer() for child in children) == [0, 0, 0, 1]


def test_a_silent_leader_is_replaced_and_can_put_nothing_into_the_queue(
    store: Store, now: datetime
) -> None:
    first = store.leaders.take("scheduler", "one", 0.2)
    assert first is not None
    assert store.leaders.take("scheduler", "two", 60) is None
    assert store.leaders.keep(first)
    time.sleep(0.25)
    second = store.leaders.take("scheduler", "two", 60)
    assert second is not None
    assert second.epoch == first.epoch + 1
    assert not store.leaders.keep(first)
    run = waiting_run(Order("drift"), datetime.now(UTC))
    with pytest.raises(RunInProgress, match="does not lead any more"):
        store.leaders.enqueue(first, run)
    assert store.runs.latest() == []
    assert store.leaders.enqueue(second, run)
    assert store.leaders.holder("scheduler") == ("two", second.epoch)


def test_a_leader_that_resigns_is_followed_at_once(store: Store) -> None:
    first = store.leaders.take("scheduler", "one", 60)
    assert first is not None
    store.leaders.resign(first)
    assert store.leaders.holder("scheduler") == ("", first.epoch)
    assert store.leaders.take("scheduler", "two", 60) is not None


def test_the_last_time_of_a_schedule_is_remembered(store: Store, now: datetime) -> None:
    assert store.schedules.last_fired("nightly") is None
    store.schedules.fired("nightly", now)
    store.schedules.fired("nightly", now.replace(hour=7))
    assert store.schedules.last_fired("nightly") == now.replace(hour=7)

"""Runs that wait: taken once, by whom, when, and what becomes of those that nobody ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from provisioner.engine.scope import Order
from provisioner.errors import RunInProgress, StoreError
from provisioner.model.run import Run, RunStatus
from provisioner.service.orders import order_of_run, order_run, sweep, waiting_run
from provisioner.store import Store
from provisioner.store.tables import runs as run_rows

Spawn = Callable[..., Any]
Eventually = Callable[[Callable[[], bool]], None]

RACE = """
from provisioner.model.run import RunStatus
from provisioner.store import open_store
store = open_store(url)
talk.recv()
taken = []
while (claim := store.queue.claim(me, 60)) is not None:
    taken.append(claim.run.id)
    store.runs.finish(claim.run.id, RunStatus.SUCCEEDED, fence=claim.lease.fence)
talk.send(taken)
"""
HOLD = """
from provisioner.store import open_store
store = open_store(url)
claim = store.queue.claim(me, 1.5)
with claim.lease.kept():
    store.queue.begin(claim.lease, claim.run)
    talk.send(claim.run.id)
    talk.recv()
"""


@pytest.fixture
def present(store: Store) -> datetime:
    """The time by the store's clock."""
    with store.database.read() as connection:
        return store.database.clock(connection)


def waiting(store: Store, now: datetime, **given: Any) -> Run:
    """A run that waits since a minute ago."""
    order = Order("drift", ("rameh",), ("mailbox",), actor="dana", refresh=7)
    given = {"due": now - timedelta(minutes=1)} | given
    run = waiting_run(order, now, **given)
    assert store.queue.enqueue(run)
    return run


def status(store: Store, run: Run) -> RunStatus:
    found = store.runs.get(run.id)
    assert found is not None
    return found.status


def test_a_taken_run_knows_its_order_its_worker_and_its_lease(
    store: Store, present: datetime
) -> None:
    run = waiting(store, present)
    claim = store.queue.claim("host/1", 60)
    assert claim is not None
    assert claim.run.id == run.id
    assert (claim.run.status, claim.run.worker) == (RunStatus.CLAIMED, "host/1")
    assert claim.run.lease_until is not None
    assert claim.run.lease_until > present
    assert order_of_run(claim.run) == Order(
        "drift", ("rameh",), ("mailbox",), actor="dana", refresh=7
    )
    assert claim.lease.fence == claim.run.fence > 0
    assert store.queue.claim("host/2", 60) is None


def test_four_processes_take_each_run_exactly_once(
    store: Store, present: datetime, spawn: Spawn
) -> None:
    ids = {waiting(store, present).id for _ in range(40)}
    children = [spawn(RACE, f"worker {n}") for n in range(4)]
    for child in children:
        child.send("go")
    taken = [run_id for child in children for run_id in child.answer()]
    assert sorted(taken) == sorted(ids)
    assert {run.status for run in store.runs.latest(40)} == {RunStatus.SUCCEEDED}


def test_the_same_occurrence_waits_only_once(store: Store, present: datetime) -> None:
    first = waiting(store, present, dedupe_key="nightly/2026-11-22T00:00Z")
    twin = waiting_run(Order("drift"), present, dedupe_key="nightly/2026-11-22T00:00Z")
    assert not store.queue.enqueue(twin)
    claim = store.queue.claim("w", 60)
    assert claim is not None
    store.runs.finish(first.id, RunStatus.SUCCEEDED)
    assert not store.queue.enqueue(twin), "it ran already"


def test_an_order_of_the_same_key_is_the_same_run(
    store: Store, present: datetime
) -> None:
    first = order_run(store, "drift", present, by="app:hr", key="7")
    assert order_run(store, "drift", present, by="app:hr", key="7") == first
    assert order_run(store, "drift", present, by="app:other", key="7") != first
    assert order_run(store, "drift", present, by="app:hr") != first
    with pytest.raises(StoreError, match="another order"):
        order_run(store, "apply", present, by="app:hr", key="7")
    assert len(store.runs.latest()) == 3
    assert len(store.audit.search("ordered")) == 3


def test_the_urgent_comes_first_then_the_longest_due(
    store: Store, present: datetime
) -> None:
    late = waiting(store, present, due=present - timedelta(hours=1))
    later = waiting(store, present, due=present - timedelta(minutes=5))
    urgent = waiting(store, present, priority=100)
    waiting(store, present, due=present + timedelta(hours=1))
    order = []
    while (claim := store.queue.claim("w", 60)) is not None:
        order.append(claim.run.id)
    assert order == [urgent.id, late.id, later.id]


def test_a_worker_takes_only_the_work_of_its_zones(
    store: Store, present: datetime
) -> None:
    north = waiting(store, present, zone="north")
    home = waiting(store, present)
    mine = store.queue.claim("w", 60, zones=("", "south"))
    assert mine is not None
    assert mine.run.id == home.id
    assert store.queue.claim("w", 60, zones=("", "south")) is None
    theirs = store.queue.claim("n", 60, zones=("north",))
    assert theirs is not None
    assert theirs.run.id == north.id


def test_of_one_schedule_only_one_run_is_worked_on(
    store: Store, present: datetime
) -> None:
    first = waiting(store, present, schedule="hourly", priority=90)
    waiting(store, present, schedule="hourly", priority=80)
    other = waiting(store, present, schedule="nightly", priority=70)
    taken = [store.queue.claim("w", 60) for _ in range(3)]
    assert [one and one.run.id for one in taken] == [first.id, other.id, None]
    store.runs.finish(first.id, RunStatus.SUCCEEDED)
    assert store.queue.claim("w", 60) is not None


def test_a_run_whose_time_is_over_is_not_taken_and_expires(
    store: Store, present: datetime
) -> None:
    run = waiting(store, present, not_after=present - timedelta(seconds=1))
    assert store.queue.claim("w", 60) is None
    assert store.queue.expire() == [run.id]
    assert status(store, run) is RunStatus.EXPIRED


def test_a_newer_run_of_a_schedule_takes_the_place_of_those_that_wait(
    store: Store, present: datetime
) -> None:
    old = waiting(store, present, schedule="hourly")
    other = waiting(store, present, schedule="nightly")
    new = waiting(store, present, schedule="hourly")
    assert store.queue.supersede("hourly", new.id) == [old.id]
    assert status(store, old) is RunStatus.SUPERSEDED
    assert status(store, other) is status(store, new) is RunStatus.QUEUED


def test_a_waiting_run_is_cancelled_at_once_and_a_running_one_is_asked(
    store: Store, present: datetime
) -> None:
    waits, works = waiting(store, present, priority=1), waiting(store, present)
    claim = store.queue.claim("w", 60)
    assert claim is not None
    assert claim.run.id == works.id
    assert store.queue.cancel(waits.id, "noa").status is RunStatus.CANCELLED
    assert store.queue.cancel(works.id, "noa").status is RunStatus.CLAIMED
    assert store.queue.stopper(works.id) == "noa"
    with pytest.raises(StoreError, match="already ended"):
        store.queue.cancel(waits.id, "avi")
    with pytest.raises(StoreError, match="No run nothing"):
        store.queue.cancel("nothing", "noa")


def test_a_postponed_run_waits_again_and_its_old_lease_is_worth_nothing(
    store: Store, present: datetime
) -> None:
    run = waiting(store, present)
    first = store.queue.claim("one", 60)
    assert first is not None
    assert store.queue.postpone(first.lease, present - timedelta(seconds=1))
    second = store.queue.claim("two", 60)
    assert second is not None
    assert second.lease.fence > first.lease.fence
    with pytest.raises(RunInProgress, match="lost its hold"):
        first.lease.renew()
    with pytest.raises(StoreError, match="taken away"):
        store.queue.begin(first.lease, run)
    second.lease.renew()


def test_a_holder_stops_writing_before_its_lease_is_over(
    store: Store, present: datetime
) -> None:
    waiting(store, present)
    claim = store.queue.claim("w", 0.5)
    assert claim is not None
    assert claim.lease.holds
    time.sleep(0.42)
    assert not claim.lease.holds


def test_a_killed_worker_loses_its_run_within_two_leases_and_it_waits_again(
    store: Store, present: datetime, spawn: Spawn, eventually: Eventually
) -> None:
    run = waiting(store, present, schedule="hourly")
    child = spawn(HOLD, "elsewhere/1")
    assert child.answer() == run.id
    with store.database.write() as connection:
        # Nobody here can look up a process of another machine: its lease has to end.
        connection.execute(update(run_rows).values(host="elsewhere"))
    child.kill()
    killed = time.monotonic()
    eventually(lambda: bool(sweep(store, present)))
    assert time.monotonic() - killed < 3.0
    assert status(store, run) is RunStatus.LOST
    again = store.queue.claim("another", 60)
    assert again is not None
    assert (again.run.follows, again.run.attempt) == (run.id, 2)
    assert order_of_run(again.run) == order_of_run(run)
    assert sweep(store, present) == [], "once is enough"


def test_what_is_lost_three_times_is_left_alone(
    store: Store, present: datetime
) -> None:
    run = waiting(store, present, attempt=3)
    assert store.queue.claim("w", -1) is not None
    assert sweep(store, present) == []
    assert status(store, run) is RunStatus.LOST
    assert [one.kind for one in store.runs.events(run.id)] == ["lost"]


def test_workers_are_known_until_they_sign_off_or_fall_silent(store: Store) -> None:
    store.workers.here("a/1", ("",))
    store.workers.here("b/1", ("north", "south"))
    store.workers.here("a/1", ("",))
    seen = store.workers.seen_within(60)
    assert [(one.name, one.zones) for one in seen] == [
        ("a/1", ("",)),
        ("b/1", ("north", "south")),
    ]
    store.workers.gone("a/1")
    assert [one.name for one in store.workers.silent(-1)] == ["b/1"]


def test_the_queue_is_read_by_an_index(store: Store, present: datetime) -> None:
    if not store.database.is_sqlite:
        pytest.skip("an empty table of PostgreSQL is always read as a whole")
    from sqlalchemy import text

    wanted = "SELECT id FROM runs WHERE status = 'queued' AND due <= '2026'"
    with store.database.read() as connection:
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN {wanted}")).all()
    assert "USING" in str(plan)
    assert "runs_by_status" in str(plan)


def test_a_run_made_again_keeps_what_it_was(store: Store, present: datetime) -> None:
    run = waiting(store, present, zone="north", priority=70, schedule="s")
    found = store.runs.get(run.id)
    assert found is not None
    assert replace(found, due=run.due) == run

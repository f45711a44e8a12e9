"""The leader: one clock, that follows the inventory, wakes up, and gives way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import time_machine

from provisioner.errors import InventoryInvalid
from provisioner.model.cluster import Cluster
from provisioner.model.schedule import Schedule
from provisioner.service.leader import Leader
from provisioner.store import Store

MakeCluster = Callable[..., Cluster]
HOURLY = Schedule("drift", "drift", every=60)


def now() -> datetime:
    return datetime.now(UTC)


def eventually(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_it_wakes_up_by_itself_and_puts_the_run_into_the_queue(
    store: Store, make_cluster: MakeCluster
) -> None:
    nudged = threading.Event()
    with time_machine.travel(datetime(2026, 11, 22, 9, 59, 58, tzinfo=UTC)):
        leader = Leader(
            store,
            lambda: make_cluster(HOURLY),
            now,
            owner="one",
            nudge=nudged.set,
        )
        serving = threading.Thread(target=leader.serve, daemon=True)
        serving.start()
        assert nudged.wait(10)
        leader.stop()
        serving.join(10)
    (run,) = store.runs.latest()
    assert run.dedupe_key == "drift/2026-11-22T10:00Z"
    assert run.actor == "schedule drift"
    assert store.leaders.holder("scheduler")[0] == "", "it resigned"


def test_of_two_leaders_one_works_and_the_other_takes_over(
    store: Store, make_cluster: MakeCluster
) -> None:
    store.schedules.fired("drift", now() - timedelta(days=2))

    def leader(name: str) -> Leader:
        return Leader(
            store, lambda: make_cluster(HOURLY), now, owner=name, lease_seconds=0.3
        )

    one, two = leader("one"), leader("two")
    one.beat()
    two.beat()
    assert (one.epoch, two.epoch) == (1, 0)
    assert len(store.runs.latest()) == 1, "one run for two days of standstill"
    time.sleep(0.35)
    two.beat()
    assert two.epoch == 2
    one.beat()
    assert one.epoch == 0, "it found out and stepped down"
    assert len(store.runs.latest()) == 1
    for each in (one, two):
        each.stop()
        each.serve()


def test_a_faulty_inventory_leaves_the_known_schedules_in_force(
    store: Store, make_cluster: MakeCluster
) -> None:
    answers: list[Cluster | InventoryInvalid] = [make_cluster(HOURLY)]

    def load() -> Cluster:
        if isinstance(answers[-1], InventoryInvalid):
            raise answers[-1]
        return answers[-1]

    moment = [now().replace(minute=10)]  # no full hour, when the other one is due
    leader = Leader(store, load, lambda: moment[0], owner="one")

    def later() -> None:
        moment[0] += timedelta(minutes=2)
        leader._loaded -= 120

    leader.beat()
    answers.append(InventoryInvalid([]))
    later()
    leader.beat()
    assert leader.epoch == 1
    store.schedules.fired("nightly", moment[0] - timedelta(days=1))
    answers.append(make_cluster(HOURLY, Schedule("nightly", "apply", at="02:00")))
    later()
    leader.beat()
    names = {run.schedule for run in store.runs.latest()}
    assert names == {"nightly"}
    leader.stop()
    leader.serve()

"""A bad day of the service: clocks that jump, jobs that raise, schedules that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from provisioner.engine.run import Collaborators
from provisioner.engine.scope import Order
from provisioner.errors import StoreError
from provisioner.model.backup import Listed, Observation
from provisioner.model.cluster import Cluster
from provisioner.model.hosts import BackupJob
from provisioner.model.run import Run, RunStatus
from provisioner.model.schedule import Calendar, Schedule
from provisioner.service.enqueue import Enqueuer
from provisioner.service.leader import Leader
from provisioner.service.orders import sweep, try_again, waiting_errand, waiting_run
from provisioner.service.queue.in_process import InProcess
from provisioner.service.worker import Worker
from provisioner.store import Store

MakeCluster = Callable[..., Cluster]
HOURLY = Schedule("drift", "drift", every=60)
HOUR = timedelta(hours=1)
NOON = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize(
    "jump", [timedelta(hours=-5), timedelta(days=-400), timedelta(days=400)]
)
def test_a_clock_that_jumps_makes_no_occurrence_twice_and_no_crowd(
    store: Store, make_cluster: MakeCluster, jump: timedelta
) -> None:
    put = Enqueuer(store, make_cluster(HOURLY), store.queue.enqueue)
    put.tick(HOURLY, NOON - timedelta(minutes=10))
    assert len(put.tick(HOURLY, NOON)) == 1
    there = len(put.tick(HOURLY, NOON + jump))
    back = len(put.tick(HOURLY, NOON + timedelta(minutes=1)))
    after = len(put.tick(HOURLY, NOON + timedelta(hours=1)))
    keys = [run.dedupe_key for run in store.runs.latest(100)]
    assert len(set(keys)) == len(keys)
    assert (there, back) == ((1, 0) if jump > timedelta(0) else (0, 0))
    assert after == (0 if jump > timedelta(0) else 1)


def test_a_schedule_without_times_is_told_once_and_holds_no_other_up(
    store: Store, make_cluster: MakeCluster, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = Schedule("wrong", "drift", at="no time")
    for one in (wrong, HOURLY):
        store.schedules.fired(one.name, now() - timedelta(days=1))
    leader = Leader(store, lambda: make_cluster(wrong, HOURLY), now, owner="one")
    for _ in range(3):
        leader.beat()
        leader._loaded -= 100
    assert [run.schedule for run in store.runs.latest()] == ["drift"]
    assert leader.fault.startswith("The schedule wrong has no times")
    assert len([r for r in caplog.records if "has no times" in r.message]) == 1
    leader.stop()
    leader.serve()


def test_a_time_zone_without_data_leaves_the_service_up_and_unready(
    store: Store, make_cluster: MakeCluster
) -> None:
    nowhere = Calendar(time_zone="Mars/Olympus_Mons")
    cluster = make_cluster(Schedule("daily", "drift", at="02:00"), calendar=nowhere)
    leader = Leader(store, lambda: cluster, now, owner="one")
    leader.beat()
    assert leader.epoch == 1
    assert "Mars" in leader.fault
    leader.stop()
    leader.serve()


def test_an_office_and_a_run_held_from_the_future_are_given_up(store: Store) -> None:
    """The clock was years ahead when they were taken, and their holders died."""
    run = Run("run-1", "drift", "dana", now())
    store.runs.start(run)
    assert store.leaders.take("scheduler", "dead", 15.0)
    with store.database.write() as connection:
        for table in ("leaders", "runs"):
            connection.exec_driver_sql(
                f"UPDATE {table} SET lease_until = '2050-01-01T00:00:00.000000Z'"  # noqa: S608
            )
    assert store.runs.reap() == ["run-1"]
    assert store.leaders.take("scheduler", "alive", 15.0)


class Raises(Worker):
    """A worker whose runs raise what it is told."""

    raised: BaseException

    def _order(self, run: Run, given: Collaborators) -> Order:
        raise self.raised


@pytest.mark.parametrize(
    "raised",
    [
        ZeroDivisionError("x / 0"),
        SystemExit(3),
        MemoryError(),
        OSError(28, "No space left on device"),
    ],
)
def test_a_run_that_raises_anything_fails_with_its_reason_and_the_worker_goes_on(
    store: Store, raised: BaseException
) -> None:
    nothing: Any = None
    given = Collaborators(nothing, store, nothing, nothing, nothing, now)
    worker = Raises(store, given, InProcess(store), keep=lambda _: None)
    worker.raised = raised
    runs = [waiting_run(Order("drift"), now()) for _ in range(2)]
    for run in runs:
        assert store.queue.enqueue(run)
    assert worker.drain() == 2
    for run in runs:
        found = store.runs.get(run.id)
        assert found is not None
        assert found.status is RunStatus.FAILED
        assert found.summary == {"reason": str(raised) or type(raised).__name__}


def test_the_newest_copies_are_judged_and_the_oldest_of_a_town_is_a_figure(
    store: Store, make_cluster: MakeCluster
) -> None:
    jobs = tuple(
        BackupJob(name, "web-1", f"/srv/{name}", "file/password")
        for name in ("files", "sql", "papers")
    )
    cluster = make_cluster()
    first, *others = cluster.municipalities
    with_jobs = msgspec.structs.replace(first, backups=jobs)
    cluster = msgspec.structs.replace(cluster, municipalities=(with_jobs, *others))
    key = "town-000/backup_job"
    seen = [
        Observation(
            f"{key}/files", "repository", now(), Listed(now() - 30 * HOUR, copies=3)
        ),
        Observation(
            f"{key}/papers", "repository", now(), Listed(now() - 2 * HOUR, copies=3)
        ),
    ]
    store.backups.record(seen)
    nothing: Any = None
    given = Collaborators(lambda: cluster, store, nothing, nothing, nothing, now)
    worker = Worker(store, given, InProcess(store), keep=lambda _: None)
    assert store.queue.enqueue(waiting_errand("backup_scan", now()))
    assert worker.drain() == 1
    (run,) = store.runs.latest()
    assert run.summary == {"backups": 3, "overdue": 1, "unknown": 1}
    (condition,) = store.conditions.latest(timedelta(0))
    assert (condition.about, condition.key) == ("backup", f"{key}/files")
    age = store.gauges.of("backup_age_seconds")["town-000"][0]
    assert age == pytest.approx(30 * 3600, abs=60)


def test_the_repeat_of_a_lost_errand_is_the_same_errand(store: Store) -> None:
    run = waiting_errand("full_read", now(), ("town-001",), "dana")
    assert store.queue.enqueue(run)
    assert store.queue.claim("gone", -1.0)
    assert store.runs.reap() == [run.id]
    lost = store.runs.get(run.id)
    assert lost is not None
    again = store.runs.get(try_again(store, lost, now()))
    assert again is not None
    assert (again.mode, again.asked, again.attempt) == ("full_read", run.asked, 2)


def test_a_worker_that_was_only_slow_cannot_end_what_another_repeats(
    store: Store,
) -> None:
    run = waiting_run(Order("drift"), now())
    assert store.queue.enqueue(run)
    claim = store.queue.claim("slow", -1.0)
    assert claim is not None
    assert sweep(store, now())
    with pytest.raises(StoreError, match="already ended"):
        store.runs.finish(run.id, RunStatus.SUCCEEDED, fence=claim.lease.fence)
    assert sweep(store, now()) == [], "once"


def test_what_ended_well_after_all_is_not_repeated(store: Store) -> None:
    run = waiting_run(Order("drift"), now())
    assert store.queue.enqueue(run)
    claim = store.queue.claim("slow", -1.0)
    assert claim is not None
    assert store.runs.reap() == [run.id]
    lost = store.runs.get(run.id)
    assert lost is not None
    store.runs.finish(run.id, RunStatus.SUCCEEDED, fence=claim.lease.fence)
    assert try_again(store, lost, now()) == ""
    assert len(store.runs.latest()) == 1

"""From what is due to what waits: once, spread, in its time, and after a standstill."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from provisioner.model.cluster import Cluster
from provisioner.model.run import RunStatus
from provisioner.model.schedule import Calendar, Rest, Schedule
from provisioner.service.enqueue import Enqueuer, share
from provisioner.store import Store

MakeCluster = Callable[..., Cluster]
ZONE = ZoneInfo("Asia/Jerusalem")
HOURLY = Schedule("drift", "drift", every=60)
NIGHTLY = Schedule("nightly", "apply", at="02:00", grace=720)
RESTING = Calendar(rest=Rest())


def local(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=ZONE).astimezone(UTC)


def enqueuer(store: Store, cluster: Cluster) -> Enqueuer:
    return Enqueuer(store, cluster, store.queue.enqueue)


def test_an_occurrence_is_put_once_however_often_anybody_looks(
    store: Store, make_cluster: MakeCluster
) -> None:
    put = enqueuer(store, make_cluster(HOURLY))
    start = local("2026-11-22T10:10")
    assert put.tick(HOURLY, start) == [], "a new schedule begins with its next time"
    assert put.tick(HOURLY, start + timedelta(minutes=49)) == []
    (run,) = put.tick(HOURLY, start + timedelta(minutes=51))
    assert run.due == local("2026-11-22T11:00")
    assert run.dedupe_key == "drift/2026-11-22T09:00Z"
    assert put.tick(HOURLY, start + timedelta(minutes=55)) == []


def test_a_second_leader_that_knows_nothing_of_it_puts_nothing_twice(
    store: Store, make_cluster: MakeCluster
) -> None:
    put = enqueuer(store, make_cluster(HOURLY))
    put.tick(HOURLY, local("2026-11-22T10:10"))
    assert put.tick(HOURLY, local("2026-11-22T11:00"))
    # As if it had died after the enqueue and before it wrote the time down.
    store.schedules.fired("drift", local("2026-11-22T10:10"))
    assert put.tick(HOURLY, local("2026-11-22T11:00")) == []
    assert len(store.runs.latest()) == 1


def test_after_two_days_of_standstill_each_schedule_runs_once(
    store: Store, make_cluster: MakeCluster
) -> None:
    each = Schedule("each", "drift", every=60, each="municipality", spread=30)
    skips = Schedule("skips", "drift", at="02:00", grace=30, catch_up="skip")
    put = enqueuer(store, make_cluster(HOURLY, NIGHTLY, each, skips))
    stopped = local("2026-11-22T10:10")
    for one in (HOURLY, NIGHTLY, each, skips):
        put.tick(one, stopped)
    back = stopped + timedelta(days=2, minutes=20)
    assert len(put.tick(HOURLY, back)) == 1
    assert len(put.tick(NIGHTLY, back)) == 1
    spread = put.tick(each, back)
    assert len(spread) == 3
    assert len({run.due for run in spread}) == 3
    assert put.tick(skips, back) == []
    assert put.tick(skips, local("2026-11-25T02:00")) != []


def test_a_newer_occurrence_takes_the_place_of_one_that_still_waits(
    store: Store, make_cluster: MakeCluster
) -> None:
    put = enqueuer(store, make_cluster(HOURLY))
    put.tick(HOURLY, local("2026-11-22T10:10"))
    (old,) = put.tick(HOURLY, local("2026-11-22T11:00"))
    (new,) = put.tick(HOURLY, local("2026-11-22T12:00"))
    states = {run.id: run.status for run in store.runs.latest()}
    assert states == {old.id: RunStatus.SUPERSEDED, new.id: RunStatus.QUEUED}


def test_on_the_sabbath_reading_goes_on_and_writing_waits_for_its_end(
    store: Store, make_cluster: MakeCluster
) -> None:
    put = enqueuer(store, make_cluster(HOURLY, NIGHTLY, calendar=RESTING))
    friday, saturday = local("2026-11-20T11:00"), local("2026-11-21T02:00")
    put.tick(HOURLY, friday)
    put.tick(NIGHTLY, friday)
    (read,) = put.tick(HOURLY, saturday)
    assert read.due == saturday
    (write,) = put.tick(NIGHTLY, saturday)
    assert write.due == local("2026-11-21T20:30")
    assert write.not_after == local("2026-11-22T08:30")


def test_in_the_night_with_two_half_past_ones_it_runs_once(
    store: Store, make_cluster: MakeCluster
) -> None:
    nightly = Schedule("nightly", "apply", at="01:30", grace=60)
    put = enqueuer(store, make_cluster(nightly))
    moment = local("2026-10-24T12:00")
    put.tick(nightly, moment)
    made = []
    while moment < local("2026-10-26T12:00"):
        moment += timedelta(minutes=10)
        made += put.tick(nightly, moment)
    assert [run.dedupe_key for run in made] == [
        "nightly/2026-10-25",
        "nightly/2026-10-26",
    ]


def test_a_clock_that_jumps_back_repeats_nothing(
    store: Store, make_cluster: MakeCluster
) -> None:
    put = enqueuer(store, make_cluster(HOURLY))
    put.tick(HOURLY, local("2026-11-22T10:10"))
    assert put.tick(HOURLY, local("2026-11-22T12:00"))
    assert put.tick(HOURLY, local("2026-11-22T09:00")) == []
    assert put.tick(HOURLY, local("2026-11-22T12:00")) == []
    assert len(put.tick(HOURLY, local("2026-11-22T13:00"))) == 1


def test_257_municipalities_are_spread_evenly_and_always_alike() -> None:
    shares = [share("drift", f"town-{n:03d}", 60) for n in range(257)]
    assert shares == [share("drift", f"town-{n:03d}", 60) for n in range(257)]
    quarters = [
        sum(q * 15 <= s.seconds / 60 < q * 15 + 15 for s in shares) for q in range(4)
    ]
    assert min(quarters) > 40
    assert max(shares) < timedelta(minutes=60)

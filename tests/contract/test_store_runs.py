"""Runs and their events, and runs whose process is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import update

from provisioner.errors import StoreError
from provisioner.model.run import Run, RunStatus, new_run_id
from provisioner.store import Store
from provisioner.store.tables import runs as run_rows

Spawn = Callable[..., Any]

START_AND_HANG = """
from datetime import UTC, datetime
from typing import Any
from provisioner.model.run import Run
from provisioner.store import open_store
store = open_store(url)
store.runs.start(Run("killed", "apply", "me", datetime.now(UTC)))
talk.send("started")
talk.recv()
"""


def a_run(now: datetime, run_id: str = "") -> Run:
    return Run(
        id=run_id or new_run_id(now),
        mode="apply",
        actor="dana",
        started=now,
        municipalities=("rameh", "karmiel"),
        kinds=("mailbox",),
        commit="abc123",
    )


def test_a_run_comes_back_as_it_was_started_with_its_process(
    store: Store, now: datetime
) -> None:
    run = a_run(now)
    store.runs.start(run)
    found = store.runs.get(run.id)
    assert found is not None
    assert found.pid > 0
    assert found.host
    assert found.worker == f"{found.host}/{found.pid}"
    assert found.fence > 0
    assert found.lease_until is not None
    bare = replace(found, pid=0, host="", process="", worker="", fence=0)
    assert replace(bare, lease_until=None) == run


def test_a_run_that_ended_says_how_and_when(store: Store, now: datetime) -> None:
    run = a_run(now)
    store.runs.start(run)
    summary = {"done": 3, "waiting": 1}
    store.runs.finish(run.id, RunStatus.WAITING, summary, checksum="f" * 64)
    found = store.runs.get(run.id)
    assert found is not None
    assert found.status is RunStatus.WAITING
    assert found.finished is not None
    assert (found.summary, found.checksum) == (summary, "f" * 64)


def test_a_run_ends_only_once(store: Store, now: datetime) -> None:
    run = a_run(now)
    store.runs.start(run)
    store.runs.finish(run.id, RunStatus.SUCCEEDED)
    with pytest.raises(StoreError, match="already ended"):
        store.runs.finish(run.id, RunStatus.FAILED)
    found = store.runs.get(run.id)
    assert found is not None
    assert found.status is RunStatus.SUCCEEDED


def test_an_unknown_run_is_none_and_takes_no_events(store: Store) -> None:
    assert store.runs.get("nobody") is None
    with pytest.raises(StoreError, match="nobody"):
        store.runs.add_event("nobody", "kind", "text")


def test_the_newest_runs_come_first(store: Store, now: datetime) -> None:
    ids = [new_run_id(now + timedelta(seconds=n)) for n in range(5)]
    for run_id in ids:
        store.runs.start(a_run(now, run_id))
    assert [run.id for run in store.runs.latest(3)] == ids[:1:-1]


def test_events_are_counted_in_each_run_for_itself(store: Store, now: datetime) -> None:
    for run_id in ("one", "two"):
        store.runs.start(a_run(now, run_id))
    assert [store.runs.add_event("one", "planned", f"{n}") for n in range(3)] == [
        1,
        2,
        3,
    ]
    assert store.runs.add_event("two", "planned", "first", {"a": ["ב", None]}) == 1
    assert [(e.number, e.text) for e in store.runs.events("one", after=1)] == [
        (2, "1"),
        (3, "2"),
    ]
    assert store.runs.events("two")[0].details == {"a": ["ב", None]}


def test_a_run_of_a_killed_process_is_lost_and_a_living_one_is_not(
    store: Store, now: datetime, spawn: Spawn
) -> None:
    store.runs.start(a_run(now, "alive"))
    child = spawn(START_AND_HANG)
    assert child.answer() == "started"
    assert store.runs.reap() == []
    child.kill()
    assert store.runs.reap() == ["killed"]
    assert [(run.id, run.status) for run in store.runs.latest()] == [
        ("killed", RunStatus.LOST),
        ("alive", RunStatus.RUNNING),
    ]


def test_a_run_given_up_as_lost_may_still_say_that_it_succeeded(
    store: Store, now: datetime
) -> None:
    store.runs.start(a_run(now, "slow"))
    with store.database.write() as connection:
        connection.execute(update(run_rows).values(status="lost"))
    store.runs.finish("slow", RunStatus.SUCCEEDED)
    found = store.runs.get("slow")
    assert found is not None
    assert found.status is RunStatus.SUCCEEDED


@pytest.mark.parametrize(
    ("started_hours_ago", "lease_seconds", "lost"),
    [
        pytest.param(1, None, False, id="no lease, an hour old"),
        pytest.param(25, None, True, id="no lease, older than a day"),
        pytest.param(25, 60, False, id="a lease that holds"),
        pytest.param(1, -1, True, id="a lease that is over"),
    ],
)
def test_a_run_of_another_host_is_judged_by_its_lease(
    store: Store, started_hours_ago: int, lease_seconds: int | None, lost: bool
) -> None:
    with store.database.read() as connection:
        now = store.database.clock(connection)
    begun = a_run(now - timedelta(hours=started_hours_ago), "far")
    store.runs.start(begun, lease_seconds or 60)
    elsewhere = {"host": "elsewhere", "process": "1@x"}
    if lease_seconds is None:
        # As a provisioner before the service left it.
        elsewhere |= {"lease_until": None}  # type: ignore[dict-item]
    with store.database.write() as connection:
        connection.execute(update(run_rows).values(**elsewhere))
    assert store.runs.reap() == (["far"] if lost else [])


def test_a_run_whose_worker_only_looks_alive_is_lost_when_its_lease_is_over(
    store: Store, now: datetime
) -> None:
    store.runs.start(a_run(now, "stuck"), lease_seconds=-1)
    assert store.runs.reap() == ["stuck"]


def test_whoever_took_over_cannot_be_overruled_by_the_late_one(
    store: Store, now: datetime
) -> None:
    lease = store.runs.start(a_run(now, "run"))
    with store.database.write() as connection:
        connection.execute(update(run_rows).values(fence=lease.fence + 1))
    with pytest.raises(StoreError, match="not known, or has already ended"):
        store.runs.finish("run", RunStatus.SUCCEEDED, fence=lease.fence)


def test_a_run_with_too_much_to_tell_says_so_once(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provisioner.store.runs.MOST_EVENTS", 3)
    store.runs.start(a_run(now, "chatty"))
    numbers = [store.runs.add_event("chatty", "word", f"{n}" * 5000) for n in range(6)]
    assert numbers == [1, 2, 3, 3, 3, 3]
    told = [(len(one.text), one.kind) for one in store.runs.events("chatty")]
    assert told == [(4000, "word"), (4000, "word"), (32, "full")]


def test_old_runs_are_forgotten_with_their_events_but_not_the_newest(
    store: Store, now: datetime
) -> None:
    for number in range(5):
        run_id = f"run{number}"
        store.runs.start(a_run(now, run_id))
        store.runs.add_event(run_id, "word", "said")
        if number != 1:
            store.runs.finish(run_id, RunStatus.SUCCEEDED)
    with store.database.write() as connection:
        old = datetime(2025, 1, 1, tzinfo=UTC)
        connection.execute(
            update(run_rows)
            .where(run_rows.c.finished.is_not(None))
            .values(finished=old)
        )
    assert store.runs.prune(keep_days=30, keep_newest=2) == 2
    assert [run.id for run in store.runs.latest()] == ["run4", "run3", "run1"]
    assert store.runs.events("run0") == []
    assert store.runs.events("run4") != []


def test_more_runs_than_are_kept_go_however_young_they_are(
    store: Store, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provisioner.store.runs._AT_ONCE", 2)
    for number in range(8):
        store.runs.start(a_run(now, f"run{number}"))
        if number != 0:
            store.runs.finish(f"run{number}", RunStatus.SUCCEEDED)
    assert store.runs.prune(30, keep_newest=2, keep_most=20) == 0
    assert store.runs.prune(30, keep_newest=2, keep_most=3) == 4
    left = [run.id for run in store.runs.latest()]
    assert left == ["run7", "run6", "run5", "run0"], "what works is never forgotten"


def test_details_of_an_event_are_masked_and_of_bounded_length(
    store: Store, now: datetime
) -> None:
    store.runs.start(a_run(now, "run"))
    answer = "password=hunter2secret"  # pragma: allowlist secret
    store.runs.add_event("run", "word", "said", {"asked": [{"answer": answer}]})
    store.runs.add_event("run", "word", "said", {"long": "x" * 5000})
    told, long = (one.details for one in store.runs.events("run"))
    assert told == {"asked": [{"answer": "password=•••"}]}
    assert long == {"left_out": 5011}

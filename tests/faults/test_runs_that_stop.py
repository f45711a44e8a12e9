"""Runs that are stopped, killed, cancelled or held back, with real processes."""

from __future__ import annotations

import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rehearsal import Rehearsal, Rehearse

from provisioner.engine.scope import Order
from provisioner.model.run import Run, RunStatus
from provisioner.service.orders import MANUAL, waiting_run

pytestmark = pytest.mark.faults


def queued(world: Rehearsal, order: Order) -> str:
    """Put an order into the queue; the id of its run."""
    with world.store() as store:
        run = waiting_run(order, datetime.now(UTC), priority=MANUAL)
        assert store.queue.enqueue(run)
    return run.id


def latest(world: Rehearsal, limit: int = 10) -> list[Run]:
    with world.store() as store:
        return store.runs.latest(limit)


def run_of(world: Rehearsal, run_id: str) -> Run:
    with world.store() as store:
        found = store.runs.get(run_id)
    assert found is not None
    return found


def test_sigterm_finishes_the_changes_in_hand_and_begins_no_other(
    rehearse: Rehearse,
) -> None:
    world = rehearse(municipalities=1, people=24)
    (slug,) = world.slugs
    # The answer to the first creates hangs; the signal comes meanwhile.
    world.fault("slow", method="POST", path="/users$", seconds=1.0, count=1)
    begun = world.start("apply", "--yes", "--json")
    world.wait_until(world.struck, "users are created")
    begun.send_signal(signal.SIGTERM)
    out, err = begun.communicate(timeout=30)
    assert begun.returncode == 1
    assert '"error": "RunStopped"' in out, err
    (run,) = latest(world, 1)
    assert run.status is RunStatus.CANCELLED
    assert run.summary == {"reason": "The run was stopped: SIGTERM was received."}
    with world.store() as store:
        told = store.outcomes.of_run(run.id)
    stopped = [one for one in told if "SIGTERM was received" in one.reason]
    assert stopped, "something was left undone, and says why"
    assert not any("assignLicense" in one.reason for one in stopped)
    ended = world.run("apply", "--yes")
    assert ended.code == 0, ended.err
    world.assert_whole(slug)


def test_a_killed_worker_loses_its_run_and_another_one_finishes_it(
    rehearse: Rehearse,
) -> None:
    world = rehearse(municipalities=1, people=12)
    (slug,) = world.slugs
    first = queued(world, Order("apply", actor="dana", refresh=0))
    world.fault("throttle", method="POST", path="/users$", retry_after=0.3)
    worker = world.start("worker", lease_seconds="3")
    world.wait_until(world.struck, "the worker creates users")
    worker.kill()
    worker.communicate()
    world.mend()
    other = world.start("worker", lease_seconds="3")
    try:
        world.wait_until(
            lambda: any(r.status.is_final for r in latest(world) if r.follows),
            "the run was made again",
        )
    finally:
        other.send_signal(signal.SIGTERM)
        _, err = other.communicate(timeout=30)
    assert other.returncode == 0, err
    again, lost = latest(world)
    assert (lost.id, lost.status) == (first, RunStatus.LOST)
    assert (again.follows, again.status) == (first, RunStatus.SUCCEEDED)
    assert again.actor == "dana"
    world.assert_whole(slug)


def test_a_cancelled_run_ends_in_seconds_and_its_worker_goes_on(
    rehearse: Rehearse,
) -> None:
    world = rehearse(municipalities=1, people=12)
    run_id = queued(world, Order("apply", actor="dana"))
    world.fault("throttle", method="POST", path="/users$", retry_after=30)
    worker = world.start("worker")
    world.wait_until(world.struck, "the worker creates users")
    said = world.run("explain", run_id)
    assert "is at it" in said.out
    ended = world.run("runs", "cancel", run_id, actor="noa")
    assert ended.code == 0, ended.err
    asked = time.monotonic()
    world.wait_until(lambda: run_of(world, run_id).status.is_final, "it has ended")
    assert time.monotonic() - asked < 20
    run = run_of(world, run_id)
    assert (run.status, run.cancelled_by) == (RunStatus.CANCELLED, "noa")
    world.mend()
    following = queued(world, Order("plan", actor="dana"))
    followed = world.run("runs", "follow", following, timeout=60)
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=30)
    assert followed.code in (0, 2), followed.err
    assert "change(s) in" in followed.out
    assert run_of(world, following).status is RunStatus.SUCCEEDED
    assert not [one for one in latest(world) if one.follows], "a cancel is a cancel"


def test_what_waits_says_why(rehearse: Rehearse) -> None:
    world = rehearse(municipalities=1, people=12)
    (slug,) = world.slugs
    world.fault("throttle", method="POST", path="/users$", retry_after=0.3)
    holder = world.start("apply", "--yes", "--json")
    world.wait_until(world.struck, "the apply creates users")
    run_id = queued(world, Order("apply", (slug,), actor="dana"))
    said = world.run("explain", run_id).out
    drained = world.run("worker", "--drain")
    world.mend()
    holder.communicate(timeout=60)
    (held,) = [one for one in latest(world) if one.id != run_id]
    assert f"Run {held.id} holds {slug}/" in said
    assert "No worker is there; start one: provisioner serve." in said
    assert drained.code == 0, drained.err
    waiting = run_of(world, run_id)
    assert waiting.status is RunStatus.QUEUED, "it was put off, not lost"


@pytest.fixture
def held(rehearse: Rehearse) -> tuple[Rehearsal, str]:
    """A town of which so many leave at once that a guard holds it back; the apply's id."""
    world = rehearse(municipalities=1, people=40)
    (slug,) = world.slugs
    assert world.run("apply", "--yes").code == 0
    rows = world.people(slug)
    for row in [one for one in rows if one["state"] != "leaver"][:8]:
        row["state"] = "leaver"
    world.rewrite(slug, rows)
    ended = world.run("apply", "--yes", "--json", actor="dana")
    assert ended.code == 2, ended.out[-2000:]
    return world, ended.report["run_id"]


def test_a_second_person_lets_through_what_a_guard_held_back(
    held: tuple[Rehearsal, str],
) -> None:
    world, run_id = held
    (slug,) = world.slugs
    said = world.run("explain", run_id).out
    assert "waits for a second person until 20" in said
    assert f"provisioner runs approve {run_id}" in said
    own = world.run("runs", "approve", run_id, actor="dana")
    assert own.code == 1
    assert "It takes two people" in own.err
    assert world.run("runs", "approve", run_id, actor="noa").code == 0
    drained = world.run("worker", "--drain")
    assert drained.out == "1 run(s) made.\n", drained.err
    following = latest(world, 1)[0]
    assert following.status is RunStatus.SUCCEEDED, following.summary
    off = [u for u in world.users(slug).values() if not u["accountEnabled"]]
    assert len(off) >= 8
    assert world.run("audit", "verify").code == 0


def test_an_approval_of_a_plan_that_has_changed_is_refused_with_what_changed(
    held: tuple[Rehearsal, str],
) -> None:
    world, run_id = held
    (slug,) = world.slugs
    rows = world.people(slug)
    staying = next(one for one in rows if one["state"] != "leaver")
    staying["job_title"] = "שומר סף"
    world.rewrite(slug, rows)
    before = world.everyone()
    assert world.run("runs", "approve", run_id, actor="noa").code == 0
    assert world.run("worker", "--drain").code == 0
    following = latest(world, 1)[0]
    assert following.status is RunStatus.REFUSED
    reason = following.summary["reason"]
    assert f"new: {slug}/mailbox/{staying['address']}" in reason
    assert world.everyone() == before
    assert Path(world.var / "reports").exists()
    with world.store() as store:
        assert [one.run_id for one in store.approvals.open()] == [following.id]
    assert world.run("runs", "approve", following.id, actor="dana").code == 1
    assert world.run("runs", "approve", following.id, actor="noa").code == 0
    assert world.run("worker", "--drain").code == 0
    assert latest(world, 1)[0].status is RunStatus.SUCCEEDED

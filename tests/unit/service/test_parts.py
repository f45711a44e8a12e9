"""A run of which other zones make parts has ended when they have, and says which failed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from provisioner.engine.scope import Order
from provisioner.errors import StoreError
from provisioner.model.run import Run, RunStatus
from provisioner.service.orders import sweep, try_again, waiting_run
from provisioner.service.parts import cancel, settle
from provisioner.service.reasons import reasons
from provisioner.store import Store
from provisioner.store.parts import part_key

NOW = datetime.now(UTC)
WELL, WAITS = RunStatus.SUCCEEDED, RunStatus.WAITING


@pytest.fixture
def whole(store: Store) -> Run:
    """A run that left parts to the zones galil and north."""
    run = waiting_run(Order("apply", checksum="abc"), NOW)
    store.queue.enqueue(run)
    for zone in ("galil", "north"):
        part = Order("apply", checksum="abc", zone=zone, part=True)
        key = part_key(run.id, zone)
        store.queue.enqueue(waiting_run(part, NOW, follows=run.id, dedupe_key=key))
    return run


def end(store: Store, run: Run, status: RunStatus, reason: str = "") -> None:
    claim = store.queue.claim("w", 60, zones=("", "galil", "north"), run_id=run.id)
    assert claim is not None
    summary = {"changes": 1} | ({"reason": reason} if reason else {})
    store.runs.finish(run.id, status, summary, fence=claim.lease.fence)
    ended = store.runs.get(run.id)
    assert ended is not None
    settle(store, ended, NOW)


def part(store: Store, zone: str) -> Run:
    return next(one for one in store.runs.latest() if one.zone == zone)


def status(store: Store, run: Run) -> RunStatus:
    found = store.runs.get(run.id)
    assert found is not None
    return found.status


def test_it_waits_until_the_last_part_has_ended(store: Store, whole: Run) -> None:
    end(store, part(store, "galil"), WELL)
    assert status(store, whole) is RunStatus.QUEUED
    end(store, whole, WELL)
    assert status(store, whole) is WAITS
    end(store, part(store, "north"), WELL)
    found = store.runs.get(whole.id)
    assert found is not None
    assert found.status is WELL
    assert found.summary["changes"] == 1
    assert {zone: one["status"] for zone, one in found.summary["parts"].items()} == {
        "galil": "succeeded",
        "north": "succeeded",
    }


def test_a_part_that_fails_is_told_with_its_zone_and_reason(
    store: Store, whole: Run
) -> None:
    north = part(store, "north")
    end(store, whole, WELL)
    end(store, north, RunStatus.REFUSED, "The plan has changed.")
    found = store.runs.get(whole.id)
    assert found is not None
    assert found.status is RunStatus.FAILED
    why = f"In zone north run {north.id} ended refused: The plan has changed."
    assert found.summary["reason"] == why
    told = list(reasons(store, found))
    assert f"It ended so because: {why}" in told
    assert f"In zone galil it is run {part(store, 'galil').id}: queued." in told
    assert any(one.startswith("No worker of zone galil is there") for one in told)
    end(store, part(store, "galil"), WELL)
    assert status(store, whole) is RunStatus.FAILED


def test_what_it_failed_in_itself_is_not_covered_up(store: Store, whole: Run) -> None:
    end(store, whole, RunStatus.FAILED, "A mailbox was not made.")
    for zone in ("galil", "north"):
        end(store, part(store, zone), WELL)
    found = store.runs.get(whole.id)
    assert found is not None
    assert found.status is RunStatus.FAILED
    assert found.summary["reason"] == "A mailbox was not made."


def test_a_part_that_is_made_again_is_waited_for(store: Store, whole: Run) -> None:
    north = part(store, "north")
    end(store, whole, WELL)
    end(store, part(store, "galil"), WELL)
    end(store, north, RunStatus.LOST)
    assert status(store, whole) is WAITS
    lost = store.runs.get(north.id)
    assert lost is not None
    again = store.runs.get(try_again(store, lost, NOW))
    assert again is not None
    end(store, again, WELL)
    assert status(store, whole) is WELL


def test_a_part_that_a_person_cancels_is_seen_by_the_sweep(
    store: Store, whole: Run
) -> None:
    north = part(store, "north")
    end(store, whole, WELL)
    end(store, part(store, "galil"), WELL)
    store.queue.cancel(north.id, "noa")
    sweep(store, NOW)
    found = store.runs.get(whole.id)
    assert found is not None
    assert found.status is RunStatus.FAILED
    assert "cancelled: cancelled by noa" in found.summary["reason"]


def test_cancelling_the_whole_cancels_the_parts_that_have_not_ended(
    store: Store, whole: Run
) -> None:
    galil, north = part(store, "galil"), part(store, "north")
    end(store, galil, WELL)
    assert store.queue.claim("n", 60, zones=("north",), run_id=north.id)
    ended = cancel(store, whole.id, "noa", NOW)
    assert ended.status is RunStatus.CANCELLED
    assert status(store, galil) is WELL
    assert store.queue.stopper(north.id) == "noa"
    (row,) = store.audit.latest(1)
    assert (row.actor, row.action, row.subject) == ("noa", "cancelled", whole.id)


def test_a_whole_that_only_waits_for_its_parts_is_cancelled_by_them(
    store: Store, whole: Run
) -> None:
    end(store, whole, WELL)
    assert status(store, whole) is WAITS
    ended = cancel(store, whole.id, "noa", NOW)
    assert {status(store, part(store, zone)) for zone in ("galil", "north")} == {
        RunStatus.CANCELLED
    }
    assert ended.status is RunStatus.FAILED
    assert "cancelled by noa" in ended.summary["reason"]
    with pytest.raises(StoreError, match="has already ended"):
        cancel(store, whole.id, "noa", NOW)


def test_a_part_that_is_cancelled_leaves_the_others_alone(
    store: Store, whole: Run
) -> None:
    north = part(store, "north")
    assert cancel(store, north.id, "noa", NOW).status is RunStatus.CANCELLED
    assert status(store, part(store, "galil")) is RunStatus.QUEUED
    assert status(store, whole) is RunStatus.QUEUED

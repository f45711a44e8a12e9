"""In a blackout nothing is written; what is urgent is, and the audit says why."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from rehearsal import Rehearsal, Rehearse

from provisioner.engine.scope import Order
from provisioner.model.run import RunStatus
from provisioner.service.orders import waiting_run

pytestmark = pytest.mark.end_to_end

FROZEN = """
calendar:
  freezes: [{name: moving the data centre, first: 2020-01-01, last: 2099-12-31}]
schedules:
  - {name: drift-hourly, what: drift, every: 1h}
  - {name: provision-nightly, what: apply, at: "22:30", days: [sunday]}
"""


@pytest.fixture
def frozen(rehearse: Rehearse) -> Rehearsal:
    world = rehearse(municipalities=1, people=12)
    world.schedule(FROZEN)
    return world


def test_an_apply_in_a_freeze_waits_and_an_urgent_one_is_audited(
    frozen: Rehearsal,
) -> None:
    world, (slug,) = frozen, frozen.slugs
    before = world.everyone()
    held = world.run("apply", "--yes", "--json")
    assert held.code == 2, held.err
    reasons = {one["reason"] for one in held.outcomes()}
    assert reasons == {
        "Nothing is written now: moving the data centre, until 2100-01-01 00:00."
    }
    assert world.everyone() == before
    ended = world.run("apply", "--yes", "--urgent", "burst main", actor="dana")
    assert ended.code == 0, ended.err
    world.assert_whole(slug)
    log = json.loads(world.run("audit", "log", "--limit", "500", "--json").out)
    (row,) = [one for one in log if one["action"] == "overridden"]
    assert (row["actor"], row["details"]["reason"]) == ("dana", "burst main")


def test_schedules_shows_the_next_times_and_what_blocks_them(
    frozen: Rehearsal,
) -> None:
    told = frozen.run("schedules")
    assert told.code == 0, told.err
    lines = told.out.splitlines()
    assert lines[0] == "drift-hourly: drift every 1 h"
    assert lines[6] == "provision-nightly: apply at 22:30 on sunday"
    assert all(":00 I" in one and "waits" not in one for one in lines[1:6])
    for line in lines[7:12]:
        assert line.startswith("  Sunday ")
        assert "22:30 I" in line
        assert "waits: moving the data centre, until Friday 2100-01-01 00:00" in line
    found = json.loads(frozen.run("schedules", "--count", "2", "--json").out)
    assert [len(one["times"]) for one in found] == [2, 2]


def test_a_waiting_run_says_that_it_waits_for_the_end_of_the_freeze(
    frozen: Rehearsal,
) -> None:
    with frozen.store() as store:
        run = waiting_run(Order("apply", actor="dana"), datetime.now(UTC))
        assert store.queue.enqueue(run)
    assert frozen.run("worker", "--drain").code == 0
    said = frozen.run("explain", run.id).out
    assert "Put off: moving the data centre." in said
    assert "Nothing is written now: moving the data centre, until 2099-12-31" in said
    with frozen.store() as store:
        left = store.runs.get(run.id)
    assert left is not None
    assert left.status is RunStatus.QUEUED
    assert left.due is not None
    assert left.due.year == 2099


def test_check_refuses_a_schedule_of_an_unknown_kind(frozen: Rehearsal) -> None:
    file = frozen.inventory / "cluster.yml"
    file.write_text(
        file.read_text() + "  - {name: x, what: drift, every: 1h, kinds: [mail]}\n"
    )
    ended = frozen.run("check")
    assert ended.code == 1
    said = "The schedule x cannot run. There is no kind 'mail'. Did you mean 'mailbox'?"
    assert said in ended.out

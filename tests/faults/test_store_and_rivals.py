"""The store is locked or full, and two runs want the same municipality."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing

import pytest
from rehearsal import Rehearse

pytestmark = [pytest.mark.faults, pytest.mark.timeout(240)]


def test_of_two_applies_at_once_one_refuses_and_names_the_other(
    rehearse: Rehearse,
) -> None:
    world = rehearse(municipalities=1, people=24)
    world.fault("slow", seconds=0.1)
    first = world.start("apply", "--yes", "--json")
    while world.calls() < 8 and first.poll() is None:
        time.sleep(0.01)
    second = world.run("apply", "--yes", "--json")
    out, err = first.communicate(timeout=120)
    assert first.returncode == 0, err
    assert second.code == 1
    said = json.loads(second.out)
    assert said["error"] == "RunInProgress"
    assert json.loads(out)["run_id"] in said["message"]
    world.assert_whole(world.slugs[0])


def test_a_locked_store_is_told_and_nothing_is_written(rehearse: Rehearse) -> None:
    world = rehearse(municipalities=1, people=12)
    assert world.run("plan").code == 2
    before = world.everyone()
    with closing(sqlite3.connect(world.var / "provisioner.db")) as held:
        held.execute("BEGIN IMMEDIATE")
        ended = world.run("apply", "--yes", "--json")
    assert ended.code == 1
    assert json.loads(ended.out)["error"] == "StoreBusy"
    assert world.everyone() == before
    assert world.run("apply", "--yes").code == 0


def test_a_full_disk_is_told_and_the_next_run_finishes(rehearse: Rehearse) -> None:
    world = rehearse(municipalities=1, people=24)
    assert world.run("plan").code == 2
    database = world.var / "provisioner.db"
    with closing(sqlite3.connect(database)) as store:
        (pages,) = store.execute("PRAGMA page_count").fetchone()
    ended = world.run("apply", "--yes", "--json", store_max_pages=str(pages + 2))
    assert ended.code == 1
    assert json.loads(ended.out)["error"] == "StoreFull"
    assert world.run("apply", "--yes").code == 0
    world.assert_whole(world.slugs[0])
    assert world.run("audit", "verify").code == 0

"""The store is locked or full, and two runs want the same municipality."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

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


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with hardly room for the store."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", disk]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("a tiny file system can only be mounted by root")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_is_told_and_the_next_run_finishes(
    rehearse: Rehearse, small_disk: Path
) -> None:
    world = rehearse(municipalities=1, people=60)
    store = {"store_url": f"sqlite:///{small_disk / 'provisioner.db'}"}
    ended = world.run("apply", "--yes", "--json", **store)
    assert ended.code == 1
    assert json.loads(ended.out)["error"] == "StoreFull", ended.out[-800:]
    assert "the disk is full; nothing was written" in json.loads(ended.out)["message"]
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    assert world.run("apply", "--yes", **store).code == 0
    world.assert_whole(world.slugs[0])
    assert world.run("audit", "verify", **store).code == 0

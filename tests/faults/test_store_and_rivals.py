"""The store is locked or full, and two runs want the same municipality."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from rehearsal import Rehearse

pytestmark = pytest.mark.faults


def test_of_two_applies_at_once_one_refuses_and_names_the_other(
    rehearse: Rehearse,
) -> None:
    world = rehearse(municipalities=1, people=12)
    # The tenant puts the first one off for as long as the second one looks on.
    world.fault("throttle", method="POST", path="/users$", retry_after=0.3)
    first = world.start("apply", "--yes", "--json")
    world.wait_until(world.struck, "the first apply creates users")
    second = world.run("apply", "--yes", "--json")
    world.mend()
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, err
    assert second.code == 1
    said = json.loads(second.out)
    assert said["error"] == "RunInProgress"
    assert json.loads(out)["run_id"] in said["message"]
    world.assert_whole(world.slugs[0])


def test_a_locked_store_is_told_and_nothing_is_written(rehearse: Rehearse) -> None:
    world = rehearse(municipalities=1, people=12)
    assert world.run("runs", "list").code == 0
    before = world.everyone()
    file = world.var / "provisioner.db"
    impatient = {"store_url": f"sqlite:///{file}?timeout=0.5"}
    with closing(sqlite3.connect(file)) as held:
        held.execute("BEGIN IMMEDIATE")
        ended = world.run("apply", "--yes", "--json", **impatient)
    assert ended.code == 1
    assert json.loads(ended.out)["error"] == "StoreBusy"
    assert world.everyone() == before
    assert world.run("apply", "--yes").code == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("a tiny file system can only be mounted by root")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_report_that_cannot_be_kept_is_printed_and_the_error_follows(
    rehearse: Rehearse, small_disk: Path
) -> None:
    world = rehearse(municipalities=1, people=12)
    reports = world.var / "reports"
    shutil.rmtree(reports, ignore_errors=True)
    reports.symlink_to(small_disk)
    fill(small_disk)
    ended = world.run("apply", "--yes")
    assert ended.code == 1
    assert "Everything was done and proven." in ended.out
    assert "the disk is full; the report was not written." in ended.err
    assert f"Free some space below {reports} and run again." in ended.err
    assert "Traceback" not in ended.err
    world.assert_whole(world.slugs[0])
    planned = world.run("plan", "--json")
    assert planned.code == 1
    assert json.loads(planned.out)["exit_code"] == 0
    for path in small_disk.iterdir():
        path.unlink()
    assert world.run("plan").code == 0


def fill(disk: Path) -> None:
    """Leave no byte free."""
    with suppress(OSError), (disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


def test_a_disk_that_fills_up_is_told_and_the_next_run_finishes(
    rehearse: Rehearse, small_disk: Path
) -> None:
    world = rehearse(municipalities=1, people=12)
    store = {"store_url": f"sqlite:///{small_disk / 'provisioner.db'}"}
    assert world.run("runs", "list", **store).code == 0
    world.fault("throttle", method="POST", path="/users$", retry_after=0.3)
    begun = world.start("apply", "--yes", "--json", **store)
    world.wait_until(world.struck, "users are created")
    fill(small_disk)
    world.mend()
    out, err = begun.communicate(timeout=60)
    assert begun.returncode == 1, err
    told = json.loads(out)
    assert told["error"] == "StoreFull"
    assert "the disk is full; nothing was written" in told["message"]
    (small_disk / "filler").unlink()
    assert world.run("apply", "--yes", **store).code == 0
    world.assert_whole(world.slugs[0])
    assert world.run("audit", "verify", **store).code == 0

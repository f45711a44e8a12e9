"""kill -9 at random: three workers and two schedulers, none of them safe for long.

Five minutes of schedules pass in fifteen seconds (`KILL_SECONDS` makes it
longer); the work of a run is to mark its town again and again. Afterwards each
occurrence must have come to an end once, and no town may have been marked by two at a
time.
"""

from __future__ import annotations

import logging
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner.model.run import Run, RunStatus
from provisioner.store import Store, open_store

Spawn = Callable[..., Any]
_log = logging.getLogger(__name__)
SECONDS = float(os.environ.get("KILL_SECONDS", "15"))
PACE = 20
"""Seconds of schedules that pass in a second."""
LEASE = 1.5

COMMON = (
    f"PACE = {PACE}"
    + """
import threading, time
from datetime import UTC, datetime, timedelta
from provisioner.store import open_store
where, begun, adapter = talk.recv()
store = open_store(url)
def now():
    return datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=PACE * (time.time() - begun))
"""
)
SCHEDULER = (
    COMMON
    + """
from msgspec.structs import replace
from provisioner.model.cluster import Cluster, Defaults, GuardLimits
from provisioner.model.municipality import Municipality, Names
from provisioner.model.schedule import Schedule
from provisioner.service.enqueue import Enqueuer
from provisioner.service.leader import Leader
each = Schedule("each", "drift", every=1, each="municipality", grace=600)
names = Names("a", "b", "c")
towns = tuple(
    Municipality(slug=f"town-{n}", names=names, cbs_code="", type="city", tenant="t",
                 domain="d", language="he", seats={}, cios=(), people=(), file="",
                 people_file="")
    for n in range(6)
)
cluster = Cluster(slug="c", names=names, tenants=(), roles=(), guards=GuardLimits(),
                  defaults=Defaults(), municipalities=towns)
leader = Leader(store, lambda: cluster, now, owner=me, lease_seconds=1.0)
talk.send("up")
while True:
    leader.beat()
    office = leader._office
    if office is not None:
        def put(run):
            # The queue's clock is the store's, which does not run fast.
            return store.leaders.enqueue(office, replace(run, due=None, not_after=None))
        try:
            Enqueuer(store, cluster, put).tick(each, now())
        except Exception as error:
            print(error)
    if talk.poll(0.1):
        break
"""
)
WORKER = (
    COMMON
    + """
from provisioner.engine.run import Collaborators
from provisioner.model.run import RunStatus
from provisioner.service.queue.in_process import InProcess
from provisioner.service.worker import Worker

class Marking(Worker):
    def _make(self, claim, given):
        town = claim.run.municipalities[0]
        with claim.lease.kept():
            try:
                lock = store.locks.acquire([f"{town}/mailbox"], claim.run.id, 1.5)
            except Exception:
                soon = datetime.now(UTC) + timedelta(seconds=0.3)
                store.queue.postpone(claim.lease, soon)
                return
            with lock.kept(), open(where, "a", buffering=1) as file:
                for _ in range(8):
                    if not (claim.lease.holds and lock.holds):
                        return
                    file.write(f"{time.monotonic():.6f} {town} {claim.run.id}\\n")
                    time.sleep(0.03)
            store.runs.finish(claim.run.id, RunStatus.SUCCEEDED, fence=claim.lease.fence)

given = Collaborators(load=None, store=store, secrets=None, open_providers=None,
                      listener=None, now=lambda: datetime.now(UTC), lease_seconds=1.5)
if adapter == "procrastinate":
    from provisioner.service.queue.procrastinate import Procrastinate
    queue = Procrastinate(store, url, slots=2, silent_after=3.0)
else:
    queue = InProcess(store, slots=2)
worker = Marking(store, given, queue, keep=lambda report: None)
talk.send("up")
threading.Thread(target=lambda: (talk.recv(), worker.stop()), daemon=True).start()
worker.serve()
"""
)


@pytest.fixture(params=["in process on sqlite", "procrastinate"])
def adapter(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def queue_url(
    adapter: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    if adapter == "in process on sqlite":
        url = f"sqlite:///{tmp_path / 'queue.db'}"
        open_store(url).close()
        yield url
        return
    server = request.getfixturevalue("postgresql")
    with server.janitor("kill_test", server.template):
        yield server.url("kill_test")


class Crew:
    """Processes that are killed and replaced."""

    def __init__(self, spawn: Spawn, told: tuple[Any, ...]) -> None:
        self._spawn = spawn
        self._told = told
        self._members: list[tuple[str, str, Any]] = []
        self._number = 0
        self.kills = 0

    def add(self, role: str, program: str) -> None:
        self._number += 1
        child = self._spawn(program, f"{role} {self._number}")
        child.send(self._told)
        self._members.append((role, program, child))

    def kill_one(self, dice: random.Random) -> None:
        role, program, child = self._members.pop(dice.randrange(len(self._members)))
        child.kill()
        self.kills += 1
        self.add(role, program)

    def end(self, role: str) -> None:
        for one, _, child in self._members:
            if one == role:
                child.kill()
        self._members = [one for one in self._members if one[0] != role]


@pytest.mark.timeout(180 + 3 * SECONDS)
def test_each_occurrence_ends_once_and_no_town_is_written_by_two(
    adapter: str,
    queue_url: str,
    spawn_on: Callable[[str], Spawn],
    tmp_path: Path,
) -> None:
    marks = tmp_path / "marks"
    crew = Crew(spawn_on(queue_url), (str(marks), time.time(), adapter))
    for _ in range(2):
        crew.add("scheduler", SCHEDULER)
    for _ in range(3):
        crew.add("worker", WORKER)
    dice = random.Random(26)  # noqa: S311
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        time.sleep(dice.uniform(0.7, 2.0))
        crew.kill_one(dice)
    crew.end("scheduler")
    with open_store(queue_url) as store:
        settle(store)
        runs = store.runs.latest(10_000)
    assert crew.kills >= SECONDS / 2.5
    assert_each_occurrence_ended_once(runs)
    assert_no_town_was_shared(marks.read_text().splitlines())
    states = Counter(run.status.value for run in runs)
    _log.info("%s: %d kills, %s", adapter, crew.kills, dict(states))
    assert states["succeeded"] >= 6, states


def settle(store: Store) -> None:
    """Wait until nothing waits, works, or was lost without another try."""
    ends = time.monotonic() + 60
    while True:
        left = store.queue.waiting()
        lost = store.queue.lost_since(
            store.runs.latest(1)[0].started.replace(year=2020)
        )
        if not left and not [run for run in lost if run.attempt < 3]:
            return
        assert time.monotonic() < ends, [(run.id, run.status) for run in left + lost]
        time.sleep(0.2)


def assert_each_occurrence_ended_once(runs: list[Run]) -> None:
    by_id = {run.id: run for run in runs}
    endings: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        assert run.status.is_final
        root = run
        while root.follows:
            root = by_id[root.follows]
        assert root.dedupe_key is not None
        assert root.dedupe_key.startswith("each/")
        endings[root.dedupe_key].append(run)
    for key, chain in endings.items():
        last = max(chain, key=lambda run: run.attempt)
        assert len({run.attempt for run in chain}) == len(chain), key
        assert sum(run.status is RunStatus.SUCCEEDED for run in chain) <= 1, key
        for run in chain:
            if run is not last:
                assert run.status is RunStatus.LOST, (key, run.status)


def assert_no_town_was_shared(lines: list[str]) -> None:
    """Whoever marks a town marks it until it ends; nobody comes back after another."""
    by_town: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for line in lines:
        at, town, run = line.split()
        by_town[town].append((float(at), run))
    assert by_town
    for town, marks in by_town.items():
        gone: set[str] = set()
        current = ""
        for _, run in sorted(marks):
            assert run not in gone, f"{town}: {run} marked after another had begun"
            if run != current:
                gone.add(current)
                current = run

"""Every queue: tells of each run, to the right worker, a few at once, and ends in order."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from provisioner.engine.scope import Order
from provisioner.model.run import Run, RunStatus
from provisioner.service.orders import waiting_run
from provisioner.service.queue.in_process import InProcess
from provisioner.service.queue.port import Queue
from provisioner.service.queue.procrastinate import Procrastinate
from provisioner.store import Store, open_store
from provisioner.store.run_queue import enqueue_in

Eventually = Callable[[Callable[[], bool]], None]
Opened = Callable[..., "Running"]

ADAPTERS = ("in process on sqlite", "in process on postgresql", "procrastinate")


@pytest.fixture(params=ADAPTERS)
def adapter(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def queue_url(
    adapter: str, request: pytest.FixtureRequest, tmp_path: Any
) -> Iterator[str]:
    if adapter == "in process on sqlite":
        yield f"sqlite:///{tmp_path / 'queue.db'}"
        return
    server = request.getfixturevalue("postgresql")
    with server.janitor("queue_test", server.template):
        yield server.url("queue_test")


@pytest.fixture
def rows(queue_url: str) -> Iterator[Store]:
    with open_store(queue_url) as opened:
        yield opened


class Running:
    """A queue at work in a thread, and the runs it took, in order."""

    def __init__(self, queue: Queue, store: Store) -> None:
        self.queue = queue
        self.store = store
        self.taken: list[str] = []
        self.raises = False
        self.at_once = 0
        self._most = 0
        self._mutex = threading.Lock()
        self.hold = threading.Event()
        self.hold.set()
        self._thread = threading.Thread(target=queue.serve, args=(self.execute,))
        self._thread.start()

    def execute(self, run_id: str) -> None:
        claim = self.store.queue.claim("w", 60, run_id=run_id, zones=ZONES)
        if claim is None:
            return
        with self._mutex:
            self.taken.append(run_id)
            self.at_once += 1
            self._most = max(self._most, self.at_once)
        self.hold.wait(20)
        with self._mutex:
            self.at_once -= 1
        self.store.runs.finish(run_id, RunStatus.SUCCEEDED, fence=claim.lease.fence)
        if self.raises:
            raise RuntimeError("a job that raises")

    @property
    def most_at_once(self) -> int:
        return self._most

    def end(self) -> None:
        self.hold.set()
        self.queue.stop()
        self._thread.join(30)
        assert not self._thread.is_alive()


ZONES = ("", "north", "south")


@pytest.fixture
def opened(adapter: str, queue_url: str, rows: Store) -> Iterator[Opened]:
    """Start queues: `opened(zones=("north",), slots=2)`."""
    with ExitStack() as stack:

        def start(**given: Any) -> Running:
            queue: Queue
            if adapter == "procrastinate":
                queue = Procrastinate(rows, queue_url, **given)
            else:
                queue = InProcess(rows, **given)
            one = Running(queue, rows)
            stack.callback(one.end)
            return one

        yield start


def put(store: Store, **given: Any) -> Run:
    with store.database.read() as connection:
        now = store.database.clock(connection)
    run = waiting_run(Order("drift"), now, **given)
    assert store.queue.enqueue(run)
    return run


def ended(store: Store, *runs: Run) -> Callable[[], bool]:
    def look() -> bool:
        found = [store.runs.get(run.id) for run in runs]
        return all(one and one.status is RunStatus.SUCCEEDED for one in found)

    return look


def test_each_run_is_told_of_and_taken_once(
    opened: Opened, rows: Store, eventually: Eventually
) -> None:
    before = [put(rows) for _ in range(5)]
    one, two = opened(slots=2), opened(slots=2)
    after = [put(rows) for _ in range(5)]
    one.queue.nudge()
    eventually(ended(rows, *before, *after))
    assert sorted(one.taken + two.taken) == sorted(run.id for run in before + after)


def test_a_worker_of_a_zone_hears_only_of_its_own(
    opened: Opened, rows: Store, eventually: Eventually
) -> None:
    south, home = put(rows, zone="south"), put(rows)
    north = put(rows, zone="north")
    worker = opened(zones=("north",))
    eventually(ended(rows, north))
    time.sleep(1.2)
    assert worker.taken == [north.id]
    opened(zones=("", "south"))
    eventually(ended(rows, south, home))


def test_the_urgent_come_first_and_no_more_than_there_are_slots(
    opened: Opened, rows: Store, eventually: Eventually
) -> None:
    calm = [put(rows, priority=10) for _ in range(4)]
    urgent = put(rows, priority=100)
    worker = opened(slots=2)
    worker.hold.clear()
    eventually(lambda: worker.at_once == 2)
    assert urgent.id in worker.taken[:2]
    worker.hold.set()
    eventually(ended(rows, urgent, *calm))
    assert worker.most_at_once == 2


def test_a_run_that_is_due_later_holds_nobody_up(
    opened: Opened, rows: Store, eventually: Eventually
) -> None:
    with rows.database.read() as connection:
        now = rows.database.clock(connection)
    later = put(rows, schedule="hourly", due=now + timedelta(hours=1))
    ready = put(rows, schedule="hourly")
    worker = opened()
    eventually(ended(rows, ready))
    assert later.id not in worker.taken


def test_many_runs_of_a_zone_without_a_worker_hide_nobody(
    opened: Opened, rows: Store, eventually: Eventually
) -> None:
    with rows.database.write() as connection:
        now = rows.database.clock(connection)
        for _ in range(210):
            far = waiting_run(Order("drift"), now, zone="north", priority=90)
            enqueue_in(connection, far, now)
    near = put(rows)
    opened(zones=("",))
    eventually(ended(rows, near))


def test_what_was_put_off_is_told_of_again(
    opened: Opened, rows: Store, eventually: Eventually
) -> None:
    run = put(rows)
    claim = rows.queue.claim("somebody", 60)
    assert claim is not None
    opened()
    time.sleep(0.5)
    with rows.database.read() as connection:
        soon = rows.database.clock(connection) + timedelta(seconds=1)
    assert rows.queue.postpone(claim.lease, soon)
    eventually(ended(rows, run))


def test_what_raises_stops_nothing(
    opened: Opened, rows: Store, eventually: Eventually
) -> None:
    worker = opened()
    worker.raises = True
    first, second = put(rows), put(rows)
    eventually(ended(rows, first, second))


def test_at_the_end_what_is_in_hand_is_waited_for(
    opened: Opened, rows: Store, eventually: Eventually
) -> None:
    worker = opened()
    worker.hold.clear()
    in_hand, waits = put(rows, priority=90), put(rows)
    eventually(lambda: worker.at_once == 1)
    threading.Timer(0.5, worker.hold.set).start()
    worker.queue.stop()
    worker.end()
    assert ended(rows, in_hand)()
    assert rows.runs.get(waits.id).status is RunStatus.QUEUED  # type: ignore[union-attr]


def test_a_queue_that_was_stopped_before_it_began_ends_at_once(
    opened: Opened, rows: Store
) -> None:
    worker = opened()
    begun = time.monotonic()
    worker.end()
    assert time.monotonic() - begun < 10


def test_finished_jobs_leave_nothing_behind(
    adapter: str, opened: Opened, rows: Store, eventually: Eventually
) -> None:
    if adapter != "procrastinate":
        pytest.skip("only Procrastinate has a table of its own")
    runs = [put(rows) for _ in range(3)]
    opened()
    eventually(ended(rows, *runs))

    def none_left() -> bool:
        with rows.database.read() as connection:
            found = connection.exec_driver_sql(
                "SELECT count(*) FROM procrastinate_jobs"
            )
            return found.scalar_one() == 0

    eventually(none_left)


def test_procrastinate_on_sqlite_says_what_it_needs(tmp_path: Any) -> None:
    from provisioner.errors import StoreError

    url = f"sqlite:///{tmp_path / 'store.db'}"
    with open_store(url) as store, pytest.raises(StoreError, match="PostgreSQL"):
        Procrastinate(store, url)

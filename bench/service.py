"""What the service costs beside the work itself: bookkeeping, latency, memory at rest."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import psutil

from bench.row import Figure, Measure, Sizes
from bench.world import World, world
from provisioner.engine.run import Collaborators
from provisioner.engine.scope import Order
from provisioner.model.run import RunStatus
from provisioner.service.orders import waiting_run
from provisioner.service.queue.in_process import InProcess
from provisioner.service.worker import Worker
from provisioner.store import Store, open_store
from provisioner.store.run_queue import Claim

_A_SECOND = 257 * 7 / 3600  # runs, where every municipality and kind has its own hourly
_REST = 20.0


class Idle(Worker):
    """A worker whose runs do nothing but be kept account of; notes when each began."""

    began: dict[str, float]

    def _make(self, claim: Claim, given: Collaborators) -> None:
        self.began[claim.run.id] = time.perf_counter()
        store = self._store
        with claim.lease.kept():
            store.queue.begin(claim.lease, claim.run)
            store.runs.add_event(claim.run.id, "planned", "0 change(s)")
        fence = claim.lease.fence
        store.runs.finish(claim.run.id, RunStatus.SUCCEEDED, {}, fence=fence)


def run(sizes: Sizes, folder: Path) -> Iterable[Figure]:
    with open_store(f"sqlite:///{folder / 'store.db'}") as store:
        yield from _bookkeeping(store, sizes.repetitions * 100)
    with world(folder / "small", municipalities=1, people=12) as small:
        yield _at_rest(small)


def _bookkeeping(store: Store, count: int) -> Iterable[Figure]:
    given = Collaborators(None, store, None, None, None, _now)  # type: ignore[arg-type]
    queue = InProcess(store, slots=2)
    worker = Idle(store, given, queue, keep=lambda _: None)
    worker.began = {}
    thread = Thread(target=worker.serve)
    thread.start()
    waits, used = [], time.process_time()
    for number in range(count):
        one = waiting_run(Order("drift"), _now(), schedule=f"drift/{number}")
        put = time.perf_counter()
        store.queue.enqueue(one)
        queue.nudge()
        while one.id not in worker.began:
            time.sleep(0.002)
        waits.append(worker.began[one.id] - put)
    used = (time.process_time() - used) / count
    worker.stop()
    thread.join()
    yield Figure(
        "service_bookkeeping_share_of_a_core",
        used * _A_SECOND,
        limit=0.02,
        detail=f"{used * 1000:.1f} ms a run, {_A_SECOND:.2f} runs a second",
    )
    yield Figure(
        "service_enqueue_to_start",
        statistics.median(waits),
        limit=1.0,
        unit="s",
        detail=f"worst {max(waits):.3f} s of {count}",
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _at_rest(small: World) -> Figure:
    """Resident memory of `serve` that has nothing to do."""
    service = subprocess.Popen(
        [*small.command, "serve", "--port", "0"],
        env=small.environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(_REST)
        resident = psutil.Process(service.pid).memory_info().rss / 1e6
    finally:
        service.terminate()
        service.wait(60)
    return Figure("service_at_rest_memory", resident, limit=250.0, unit="MB")


MEASURE = Measure("service", "what scheduling and bookkeeping cost", run)

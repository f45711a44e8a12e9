"""What the service costs beside the work itself: bookkeeping, latency, memory, history."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path
from threading import Thread

import psutil

from bench import history, queueing
from bench.idle import Idle, given_to, now
from bench.row import Figure, Measure, Sizes
from bench.world import World, world
from provisioner.engine.scope import Order
from provisioner.service.orders import waiting_run
from provisioner.service.queue.in_process import InProcess
from provisioner.store import Store, open_store

_A_SECOND = 257 * 7 / 3600  # runs, where every municipality and kind has its own hourly
_REST = 20.0
_PATIENCE = 120.0


def run(sizes: Sizes, folder: Path) -> Iterable[Figure]:
    with open_store(f"sqlite:///{folder / 'store.db'}") as store:
        yield from _bookkeeping(store, sizes.repetitions * 100)
    with world(folder / "small", municipalities=1, people=12) as small:
        yield from _at_rest(small)
    yield from history.measure(folder, sizes.history)
    yield from queueing.measure(sizes.repetitions * 100)


def _bookkeeping(store: Store, count: int) -> Iterable[Figure]:
    queue = InProcess(store, slots=2)
    worker = Idle(store, given_to(store), queue, keep=lambda _: None)
    began: dict[str, float] = {}
    worker.began = began
    thread = Thread(target=worker.serve)
    thread.start()
    waits, used = [], time.process_time()
    for number in range(count):
        one = waiting_run(Order("drift"), now(), schedule=f"drift/{number}")
        put = time.perf_counter()
        store.queue.enqueue(one)
        queue.nudge()
        while one.id not in began:
            time.sleep(0.002)
        waits.append(began[one.id] - put)
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


def _at_rest(small: World) -> Iterable[Figure]:
    """Memory of `serve` before it has read a tenant, and after it did once."""
    service = subprocess.Popen(
        [*small.command, "serve", "--port", "0"],
        env=small.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(_REST)
        process = psutil.Process(service.pid)
        before = process.memory_info().rss / 1e6
        _look_for_drift(small)
        time.sleep(_REST / 4)
        after = process.memory_info().rss / 1e6
    finally:
        service.terminate()
        service.wait(60)
    for name, resident, limit in (
        ("service_at_rest_without_sdk", before, 120.0),
        ("service_at_rest_memory", after, 250.0),
    ):
        yield Figure(name, resident, limit=limit, unit="MB")


def _look_for_drift(small: World) -> None:
    with open_store(small.settings.database) as store:
        one = waiting_run(Order("drift"), now())
        store.queue.enqueue(one)
        ends = time.monotonic() + _PATIENCE
        while time.monotonic() < ends:
            found = store.runs.get(one.id)
            if found is not None and found.status.is_final:
                return
            time.sleep(0.2)
    raise RuntimeError("the run did not end")


MEASURE = Measure("service", "what scheduling and bookkeeping cost", run)

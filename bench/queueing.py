"""Runs of no work through four workers with Procrastinate on a PostgreSQL of our own.

The server is as PostgreSQL comes: each commit waits for the disk.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bench.idle import Idle, given_to
from bench.row import Figure
from provisioner.engine.scope import Order
from provisioner.model.run import RunStatus
from provisioner.service.orders import waiting_run
from provisioner.service.queue.procrastinate import Procrastinate
from provisioner.store import Store, open_store

_WORKERS = 4
_LIMIT = 1 / 40  # seconds a run
_PATIENCE = 180.0


def measure(count: int) -> Iterable[Figure]:
    """Seconds a run takes when four workers have nothing to do but account for it."""
    with _postgresql() as url, open_store(url) as store:
        crew = _crew(url)
        try:
            _make(store, _WORKERS * 2)  # each has begun
            before = _used(crew)
            seconds = _make(store, count)
            used = _used(crew) - before
        finally:
            for one in crew:
                one.kill()
                one.join()
    yield Figure(
        "service_procrastinate_run",
        seconds / count,
        limit=_LIMIT,
        unit="s",
        detail=f"{count / seconds:.0f} runs a second, {_WORKERS} workers that use"
        f" {used / count * 1000:.1f} ms of processor a run",
    )


def _crew(url: str) -> list[Any]:
    processes = multiprocessing.get_context("spawn")
    crew = [processes.Process(target=_work, args=(url,)) for _ in range(_WORKERS)]
    for one in crew:
        one.start()
    return crew


def _used(crew: Iterable[Any]) -> float:
    """Seconds of processor that these processes have used."""
    times = [psutil.Process(one.pid).cpu_times() for one in crew]
    return sum(one.user + one.system for one in times)


def _work(url: str) -> None:
    with open_store(url) as store:
        queue = Procrastinate(store, url, slots=2)
        worker = Idle(store, given_to(store), queue, keep=lambda _: None)
        worker.serve()


def _make(store: Store, count: int) -> float:
    """Put so many runs, and wait until all have ended; seconds."""
    made = [waiting_run(Order("drift"), datetime.now(UTC)) for _ in range(count)]
    begun = time.perf_counter()
    for run in made:
        store.queue.enqueue(run)
    while time.perf_counter() - begun < _PATIENCE:
        if not store.queue.waiting(1):
            ended = {run.id: run.status for run in store.runs.latest(count)}
            if all(ended.get(run.id) is RunStatus.SUCCEEDED for run in made):
                return time.perf_counter() - begun
        time.sleep(0.05)
    raise RuntimeError("the runs did not end")


@contextmanager
def _postgresql() -> Iterator[str]:
    """A server on loopback; raises `RuntimeError` where there is none to start."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = shutil.which("initdb") or (str(found[-1]) if found else "")
    if not initdb:
        raise RuntimeError("no PostgreSQL here: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="bench-pg-"))
    as_user = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    control = [*as_user, str(Path(initdb).with_name("pg_ctl")), "-D", str(folder / "d")]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
    try:
        _run(
            [*as_user, initdb, "-D", str(folder / "d"), "-U", "postgres", "-A", "trust"]
        )
        _run([*control, "-o", options, "-l", str(folder / "log"), "-w", "start"])
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
    finally:
        stop = [*control, "-m", "immediate", "stop"]
        subprocess.run(stop, capture_output=True, check=False, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


def _run(command: list[str]) -> None:
    subprocess.run(command, capture_output=True, check=True, cwd="/", timeout=60)

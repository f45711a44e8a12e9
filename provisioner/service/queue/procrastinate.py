"""The queue over Procrastinate: many workers on one PostgreSQL, told at once.

What is left alone, and why (threads of its tracker):

- `lock`: a job due later would block the ready ones of its lock (#1599). Ours are the
  store's, taken when a run begins.
- retries and scheduled jobs: a job put back beside its twin breaks the worker (#1543). A
  run is told of when it is due, and anew when it was put off.
- its periodic tasks, which may skip a turn after a restart (#1495): one clock is enough.
- finished jobs: a long table slows every fetch (#1242), so they are deleted.

Its jobs carry the id of a run and nothing else.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate import exceptions as wrong
from procrastinate.jobs import Status
from procrastinate.tasks import Task
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import column, exists, make_url, table, text

from provisioner.errors import StoreError
from provisioner.model.run import Run
from provisioner.service.queue.port import Execute
from provisioner.store import Store
from provisioner.store.leaders import Office
from provisioner.store.postgresql import is_quiet
from provisioner.store.tables import runs

_log = logging.getLogger(__name__)
_RELAY = 1.0  # seconds between two looks for runs that nobody was told of
_OFFICE = "relay"
_SILENT = 30.0  # seconds without a heartbeat after which a worker's jobs are dropped
_AGAIN = 2.0  # seconds before the next try where PostgreSQL is away
_AT_ONCE = 200  # runs told of in one go
_jobs = table("procrastinate_jobs", column("queueing_lock"))
_UNTOLD = ~exists().where(
    _jobs.c.queueing_lock == runs.c.id, text("status IN ('todo', 'doing')")
)
_AWAY = (wrong.ConnectorException, psycopg.Error, OSError, StoreError)


class Procrastinate:
    """One worker of this process, over PostgreSQL; see `port.Queue`."""

    def __init__(
        self,
        store: Store,
        url: str,
        *,
        zones: Sequence[str] = ("",),
        slots: int = 1,
        silent_after: float = _SILENT,
    ) -> None:
        """Raises `StoreError` for a store that is not PostgreSQL."""
        if store.database.is_sqlite:
            raise StoreError(
                "The queue `procrastinate` needs a store on PostgreSQL.",
                remedy="Set store_url to postgresql://…, or queue to in_process.",
            )
        self._store = store
        self._address = _libpq(url)
        self._queues = [_queue_of(zone) for zone in zones]
        self._slots = slots
        self._silent_after = silent_after
        self._name = f"{socket.gethostname()}/{os.getpid()}/{id(self)}"
        self._ending = threading.Event()
        self._office: Office | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()

    def serve(self, execute: Execute) -> None:
        while not self._ending.is_set():
            try:
                asyncio.run(self._serve(execute))
            except _AWAY as error:
                _log.error("the queue is away, trying again: %s", _words(error))
                self._ending.wait(_AGAIN)

    def nudge(self) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has just been closed
                loop.call_soon_threadsafe(self._wake.set)

    def stop(self) -> None:
        self._ending.set()
        self.nudge()

    async def _serve(self, execute: Execute) -> None:
        """Until the end, or until PostgreSQL goes away; jobs in hand are waited for."""
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        app = App(
            connector=PsycopgConnector(
                conninfo=self._address,
                configure=_each_statement_for_itself,
                pool_factory=_pool,
            )
        )
        make = app.task(name="provisioner.make_run", retry=False)(_guarded(execute))
        async with app.open_async():
            await self._prepare(app)
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=self._queues,
                    concurrency=self._slots,
                    fetch_job_polling_interval=_RELAY,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    stalled_worker_timeout=self._silent_after,
                    update_heartbeat_interval=self._silent_after / 3,
                )
            )
            try:
                await self._relay_until_the_end(app, make, worker)
            finally:
                worker.cancel()
                await asyncio.gather(worker, return_exceptions=True)

    async def _prepare(self, app: App) -> None:
        """Procrastinate's tables, made once, whoever comes first."""

        def prepare() -> None:
            with self._store.database.write(alone="procrastinate") as connection:
                found = connection.exec_driver_sql(
                    "SELECT to_regclass('procrastinate_jobs')"
                )
                if found.scalar_one() is None:
                    schema = app.schema_manager.get_schema()
                    raw = connection.connection.driver_connection
                    assert isinstance(raw, psycopg.Connection)  # noqa: S101
                    raw.execute(schema)

        await asyncio.to_thread(prepare)

    async def _relay_until_the_end(
        self, app: App, make: Task[..., None, ...], worker: asyncio.Task[None]
    ) -> None:
        swept = 0.0
        nudged = False
        while not self._ending.is_set():
            if worker.done():
                worker.result()
                return
            more = False
            if nudged or await asyncio.to_thread(self._is_relay):
                more = await self._relay(app, make)
            if time.monotonic() - swept > self._silent_after / 3:
                swept = time.monotonic()
                await self._drop_stalled(app)
            if more:
                continue
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _RELAY)
            nudged = self._wake.is_set()

    def _is_relay(self) -> bool:
        """Whether it is on this one to look: of several, all would tell of the same."""
        leaders = self._store.leaders
        if self._office is None or not leaders.keep(self._office):
            self._office = leaders.take(_OFFICE, self._name, 2 * _RELAY)
        return self._office is not None

    async def _relay(self, app: App, make: Task[..., None, ...]) -> bool:
        """Tell of the runs that are ready and of which nobody was told; True for more."""
        ready = self._store.queue.ready
        untold = await asyncio.to_thread(ready, None, _AT_ONCE, _UNTOLD)
        if untold:
            await _tell(app, make, untold)
        return len(untold) == _AT_ONCE

    async def _drop_stalled(self, app: App) -> None:
        """Forget the jobs of workers that died; their runs are given up by the sweep."""
        jobs = app.job_manager
        stalled = await jobs.get_stalled_jobs(
            seconds_since_heartbeat=self._silent_after
        )
        for job in stalled:
            if job.id is not None:
                _log.warning("job %d of a worker that died is dropped", job.id)
                await jobs.finish_job_by_id_async(job.id, Status.FAILED, True)


async def _tell(app: App, make: Task[..., None, ...], some: Sequence[Run]) -> None:
    """All at once, or one by one where another process has told of one meanwhile."""
    jobs = [
        make.configure(
            queue=_queue_of(run.zone), priority=run.priority, queueing_lock=run.id
        ).make_new_job(run_id=run.id)
        for run in some
    ]
    try:
        await app.job_manager.batch_defer_jobs_async(jobs)
    except wrong.AlreadyEnqueued:
        for job in jobs:
            with contextlib.suppress(wrong.AlreadyEnqueued):
                await app.job_manager.defer_job_async(job)


def _pool(**given: Any) -> AsyncConnectionPool:
    """Connections that are asked whether they live only where there is reason to doubt."""
    return AsyncConnectionPool(**given | {"check": _require_life})


async def _require_life(connection: AsyncConnection[Any]) -> None:
    if not is_quiet(connection.fileno()):
        await AsyncConnectionPool.check_connection(connection)


async def _each_statement_for_itself(connection: AsyncConnection[Any]) -> None:
    """Procrastinate's statements are each a whole: a BEGIN and a COMMIT say nothing."""
    await connection.set_autocommit(True)


def _guarded(execute: Execute) -> Execute:
    def make(run_id: str) -> None:
        try:
            execute(run_id)
        except Exception:
            _log.exception("run %s", run_id)

    return make


def _words(error: Exception) -> str:
    """One line: its cause says more than Procrastinate's own error."""
    told = str(error.__cause__ or error).strip()
    return told.partition("\n")[0] or type(error).__name__


def _queue_of(zone: str) -> str:
    return f"zone {zone}" if zone else "no zone"


def _libpq(url: str) -> str:
    """SQLAlchemy's URL as PostgreSQL's own library reads it."""
    parsed = make_url(url)
    query = {key: one for key, one in parsed.query.items() if key != "timeout"}
    plain = parsed.set(drivername="postgresql", query=query)
    return plain.render_as_string(hide_password=False)

"""The database is stopped and started again in the middle: the service waits, and goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioner.engine.run import Collaborators
from provisioner.engine.scope import Order
from provisioner.errors import StoreError
from provisioner.model.run import RunStatus
from provisioner.service.orders import waiting_run
from provisioner.service.queue.in_process import InProcess
from provisioner.service.queue.port import Queue
from provisioner.service.queue.procrastinate import Procrastinate
from provisioner.service.worker import Worker
from provisioner.store import Store, open_store
from provisioner.store.canonical import as_text
from provisioner.store.run_queue import Claim

LEASE = 6.0


class Quick(Worker):
    """A worker whose runs take a moment and write nothing."""

    def _make(self, claim: Claim, given: Collaborators) -> None:
        with claim.lease.kept():
            time.sleep(0.2)
            self._close(claim, RunStatus.SUCCEEDED, "")


def put(store: Store) -> str:
    run = waiting_run(Order("drift"), datetime.now(UTC))
    assert store.queue.enqueue(run)
    return run.id


def wait_for(store: Store, run_id: str) -> None:
    """Wait until a run has come to its end, as itself or as the one that followed it."""
    ends = time.monotonic() + 40
    while time.monotonic() < ends:
        try:
            found = store.runs.latest(50)
        except StoreError:
            found = []
        states = {r.status for r in found if run_id in (r.id, r.follows)}
        if RunStatus.SUCCEEDED in states:
            return
        time.sleep(0.2)
    raise AssertionError(f"{run_id} never ended")


@pytest.fixture(params=["in process", "procrastinate"])
def working(request: pytest.FixtureRequest, own_postgresql: Any) -> Iterator[Store]:
    """A store whose runs a worker makes."""
    with own_postgresql.janitor("away", "template1"):
        url = own_postgresql.url("away") + "?timeout=3"
        with open_store(url) as store:
            queue: Queue
            if request.param == "procrastinate":
                queue = Procrastinate(store, url, silent_after=LEASE)
            else:
                queue = InProcess(store)
            given = Collaborators(
                load=None,  # type: ignore[arg-type]
                store=store,
                secrets=None,  # type: ignore[arg-type]
                open_providers=None,  # type: ignore[arg-type]
                listener=None,  # type: ignore[arg-type]
                now=lambda: datetime.now(UTC),
                lease_seconds=LEASE,
            )
            worker = Quick(store, given, queue, keep=lambda _: None)
            thread = threading.Thread(target=worker.serve)
            thread.start()
            yield store
            worker.stop()
            thread.join(30)
            assert not thread.is_alive()


@pytest.mark.timeout(150)
def test_it_waits_while_the_database_is_away_and_goes_on_when_it_is_back(
    working: Store, own_postgresql: Any, caplog: pytest.LogCaptureFixture
) -> None:
    wait_for(working, put(working))
    before = put(working)
    own_postgresql.stop()
    time.sleep(3)
    with pytest.raises(StoreError):
        put(working)
    own_postgresql.start()
    wait_for(working, before)
    wait_for(working, put(working))
    ours = [one for one in caplog.records if one.name.startswith("provisioner")]
    assert ours
    assert not [one for one in ours if one.exc_info]


def test_both_databases_tell_the_time_as_one_text(store: Store) -> None:
    begun = datetime.now(UTC)
    run_id = put(store)
    found = store.runs.get(run_id)
    assert found is not None
    assert found.due is not None
    assert begun - timedelta(seconds=5) < found.due < begun + timedelta(seconds=60)
    with store.database.read() as connection:
        told = connection.exec_driver_sql("SELECT due FROM runs").scalar_one()
    assert told == as_text(found.due)


def test_a_connection_that_was_cut_while_idle_is_replaced_unseen(
    postgresql: Any,
) -> None:
    cut = (
        "SELECT bool_and(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with postgresql.janitor("cut", postgresql.template):
        url = postgresql.url("cut")
        with open_store(url) as store, open_store(url) as other:
            before = put(store)
            with other.database.write() as connection:
                assert connection.exec_driver_sql(cut).scalar_one() is True
            after = put(store)
            assert [run.id for run in store.runs.latest()] == [after, before]

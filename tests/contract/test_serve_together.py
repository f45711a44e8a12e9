"""Two services and a zone's worker on one PostgreSQL, as real processes, one of them killed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from rehearsal import Rehearse
from served import serving

from provisioner.engine.scope import Order
from provisioner.model.run import Run, RunStatus
from provisioner.service.orders import MANUAL, waiting_run
from provisioner.service.reasons import reasons
from provisioner.store import Store, open_store


def put(store: Store, order: Order, **given: Any) -> Run:
    run = waiting_run(order, datetime.now(UTC), **given)
    assert store.queue.enqueue(run)
    return run


def leader_of(store: Store) -> str:
    return store.leaders.holder("scheduler")[0]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("queue", ["procrastinate", "in_process"])
def test_they_share_the_work_and_the_office_and_leave_a_zone_to_its_worker(
    queue: str, rehearse: Rehearse, postgresql: Any
) -> None:
    world = rehearse(municipalities=1, people=12)
    with postgresql.janitor("together", postgresql.template):
        url = postgresql.url("together")
        settings = {"store_url": url, "queue": queue, "lease_seconds": "3"}
        serve = ("serve", "--port", "0")
        with open_store(url) as store:
            with (
                serving(world, *serve, **settings) as one,
                serving(world, *serve, **settings) as two,
            ):
                for each in (one, two):
                    assert each.get("/healthz").status_code == 200
                world.wait_until(lambda: bool(leader_of(store)), "somebody leads")
                pids = {str(each.process.pid): each for each in (one, two)}
                first = leader_of(store)
                leader = pids.pop(first.partition("/")[2])
                (other,) = pids.values()
                far = put(store, Order("plan", actor="dana"), zone="north")
                near = put(store, Order("apply", actor="dana"), priority=MANUAL)
                world.wait_until(lambda: ended(store, near), "the apply has ended")
                leader.process.kill()
                world.wait_until(
                    lambda: leader_of(store) not in ("", first), "the other leads"
                )
                after = put(store, Order("plan", actor="dana"))
                world.wait_until(lambda: ended(store, after), "the other works on")
                assert not ended(store, far), "nobody here is of that zone"
                said = "\n".join(reasons(store, far))
                assert "No worker of zone north is there" in said
                with serving(world, "worker", "--zone", "north", **settings) as north:
                    world.wait_until(lambda: ended(store, far), "its worker came")
                    assert north.end() == 0, north.lines[-20:]
                assert other.end() == 0, other.lines[-20:]
            states = [run.status for run in store.runs.latest()]
            assert states == [RunStatus.SUCCEEDED] * 3
            found = store.runs.get(far.id)
            assert found is not None
            assert found.worker.endswith(f"/{north.process.pid}")
    world.assert_whole(world.slugs[0])


def ended(store: Store, run: Run) -> bool:
    found = store.runs.get(run.id)
    return found is not None and found.status.is_final

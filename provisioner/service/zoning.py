"""An order that leads into several networks: each worker does its part, nobody another's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from provisioner.engine.places import split
from provisioner.engine.scope import Order
from provisioner.model.cluster import Cluster
from provisioner.model.run import Run
from provisioner.service.orders import order_of_run, waiting_run
from provisioner.store import Store


def own_part(
    store: Store, run: Run, cluster: Cluster, zones: Sequence[str], now: datetime
) -> Order:
    """The order of a run as far as a worker of these zones carries it out.

    Whole orders of people are not split when they are put into the queue. A worker that
    reaches all their hosts does them whole; another one keeps to what is on no host, and
    lets a run for each zone wait that follows this one.
    """
    order = order_of_run(run)
    parts = split(order, cluster)
    if run.zone or all((one.zone or "") in zones for one in parts):
        return order
    for part in parts:
        if part.zone:
            store.queue.enqueue(
                waiting_run(
                    part,
                    now,
                    priority=run.priority,
                    not_after=run.not_after,
                    schedule=f"{run.schedule}@{part.zone}" if run.schedule else "",
                    follows=run.id,
                    dedupe_key=f"part/{run.id}@{part.zone}",
                )
            )
    return parts[0]

"""An order that leads into several networks: each worker does its part, nobody another's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from provisioner.engine.places import split
from provisioner.engine.scope import Order
from provisioner.model.cluster import Cluster
from provisioner.model.run import Run
from provisioner.service.orders import order_of_run, waiting_run
from provisioner.service.parts import cancel_parts
from provisioner.store import Store
from provisioner.store.parts import part_key


def own_part(
    store: Store, run: Run, cluster: Cluster, zones: Sequence[str], now: datetime
) -> Order | None:
    """The order of a run as far as a worker of these zones carries it out; None for nothing.

    Whole orders of people are not split when they are put into the queue. A worker that
    reaches all their hosts does them whole; another one keeps to what is on no host, and
    lets a run for each zone wait that follows this one. Each is bound to what the whole is
    bound to: to its part of the approved plan.
    """
    order = order_of_run(run)
    parts = split(order, cluster)
    if run.zone or all((one.zone or "") in zones for one in parts):
        return order
    # A run that broke off and is made again has let its parts wait already.
    whole = store.parts.origin(run).id
    made = [
        part.zone
        for part in parts
        if part.zone
        and store.queue.enqueue(
            waiting_run(
                part,
                now,
                priority=run.priority,
                not_after=run.not_after,
                schedule=f"{run.schedule}@{part.zone}" if run.schedule else "",
                follows=run.id,
                dedupe_key=part_key(whole, part.zone),
            )
        )
    ]
    if made:
        told = f"Left to workers of other zones: {', '.join(made)}."
        store.runs.add_event(run.id, "parts", told, {"zones": made})
        if by := store.queue.stopper(run.id):
            cancel_parts(store, run, by)
    return next((one for one in parts if not one.zone), None)

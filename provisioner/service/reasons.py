"""Why a run does not go on: the holder, the approval, the worker or the time it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from provisioner.engine.blackout import block_at
from provisioner.engine.places import host_lock, hosts_of
from provisioner.engine.scope import UnknownName
from provisioner.model.cluster import Cluster
from provisioner.model.run import Run, RunStatus
from provisioner.model.schedule import Calendar
from provisioner.service.orders import order_of_run
from provisioner.store import Store

ALIVE = 45.0
"""Seconds after which a worker that said nothing is no longer counted on."""


def reasons(store: Store, run: Run, cluster: Cluster | None = None) -> Iterator[str]:
    """What a run waits for, or why it ended as it did; nothing where all went well.

    `cluster` is what the inventory says, None where it is not known.
    """
    if run.status is RunStatus.QUEUED:
        yield from _waits(store, run, cluster)
        if cluster is not None:
            yield from _blackout(store, run, cluster.calendar)
    elif run.status.is_held:
        yield f"Worker {run.worker} is at it."
        if run.cancelled_by:
            yield f"{run.cancelled_by} has asked it to stop."
    elif isinstance(run.summary, dict) and run.summary.get("reason"):
        yield f"It ended so because: {run.summary['reason']}"
    elif run.status is RunStatus.LOST:
        yield f"Worker {run.worker} went away without a word."
    yield from _approval(store, run)
    yield from _parts(store, run)
    if run.follows:
        yield f"It goes on from run {run.follows}."


def _waits(store: Store, run: Run, cluster: Cluster | None) -> Iterator[str]:
    with store.database.read() as connection:
        now = store.database.clock(connection)
    if run.due and run.due > now:
        yield f"It is due at {_moment(run.due)}."
    if run.not_after:
        yield f"It must begin by {_moment(run.not_after)}."
    for other in store.queue.waiting():
        if run.schedule and other.schedule == run.schedule and other.status.is_held:
            yield f"Run {other.id} of the same schedule is being worked on."
    yield from _holders(store, run, cluster)
    yield from _nobody(store, run.zone)


def _nobody(store: Store, zone: str) -> Iterator[str]:
    workers = store.workers.seen_within(ALIVE)
    if not any(zone in one.zones for one in workers):
        where = f" of zone {zone}" if zone else ""
        yield (
            f"No worker{where} is there; start one: provisioner "
            + (f"worker --zone {zone}." if zone else "serve.")
        )


def _blackout(store: Store, run: Run, calendar: Calendar) -> Iterator[str]:
    if run.mode != "apply" or run.override:
        return
    with store.database.read() as connection:
        now = store.database.clock(connection)
    blocks = [block_at(calendar, now, slug) for slug in run.municipalities or ("",)]
    for reason, until in dict.fromkeys((b.reason, b.until) for b in blocks if b):
        yield f"Nothing is written now: {reason}, until {_moment(until)}."


def _holders(store: Store, run: Run, cluster: Cluster | None) -> Iterator[str]:
    if run.mode != "apply":
        return
    hosts = _hosts(run, cluster)
    held: dict[str, list[str]] = {}
    for name, owner in store.locks.held():
        if owner != run.id and (name in hosts or _is_wanted(name, run)):
            held.setdefault(owner, []).append(name)
    for owner, names in held.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        yield f"Run {owner} holds {', '.join(sorted(names)[:3])}{more}."


def _is_wanted(name: str, run: Run) -> bool:
    """Whether a run needs the lock of a municipality and kind."""
    slug, slash, kind = name.partition("/")
    of_kind = not run.kinds or kind in run.kinds
    return bool(slash) and of_kind and slug in (run.municipalities or (slug,))


def _hosts(run: Run, cluster: Cluster | None) -> set[str]:
    """The locks of the hosts that a run would write."""
    if cluster is None or run.asked is None:
        return set()
    try:
        return {host_lock(one) for one in hosts_of(order_of_run(run), cluster)}
    except UnknownName:
        return set()  # the inventory has changed since it was asked for


def _approval(store: Store, run: Run) -> Iterator[str]:
    approval = store.approvals.get(run.id)
    if approval is None:
        return
    guards = ", ".join(approval.guards)
    if approval.decided_by:
        yield (
            f"What {guards} held back was approved by {approval.decided_by}:"
            f" run {approval.followed_by}."
        )
    else:
        yield (
            f"What {guards} held back waits for a second person until"
            f" {_moment(approval.expires)}: provisioner runs approve {run.id}"
        )


def _parts(store: Store, run: Run) -> Iterator[str]:
    found = store.parts.whole_of(run)
    for part in found[1] if found and found[0].id == run.id else ():
        yield f"In zone {part.zone} it is run {part.id}: {part.status.value}."
        if part.status is RunStatus.QUEUED:
            yield from _nobody(store, part.zone)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"

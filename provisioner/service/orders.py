"""From an order to a run that waits, and from a run that broke off to the next try."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from provisioner.engine.approval import asked, order_of
from provisioner.engine.scope import Order
from provisioner.errors import StoreError
from provisioner.model.approval import Approval
from provisioner.model.audit import AuditEntry
from provisioner.model.report import Mode
from provisioner.model.run import Errand, Run, RunStatus, is_errand, new_run_id
from provisioner.service.parts import settle_lately
from provisioner.store import Store
from provisioner.store.parts import again_key

MANUAL = 100
"""Priority of what a person asked for; schedules come after."""
RUNS_LOST = "runs lost"
_REST = timedelta(seconds=20)
_REMEMBERED = timedelta(days=1)


def waiting_run(order: Order, now: datetime, **given: object) -> Run:
    """A run that waits to carry out an order; `given` are further fields of `Run`.

    It waits for a worker of the order's zone.
    """
    given.setdefault("zone", order.zone or "")
    return Run(
        id=new_run_id(now),
        mode=order.mode,
        actor=order.actor,
        started=now,
        municipalities=order.municipalities,
        kinds=order.kinds,
        checksum=order.checksum,
        status=RunStatus.QUEUED,
        asked=asked(order),
        override=order.urgent,
        **given,  # type: ignore[arg-type]
    )


def waiting_errand(
    errand: Errand,
    now: datetime,
    municipalities: tuple[str, ...] = (),
    actor: str = "",
    **given: object,
) -> Run:
    """A run that waits to do an errand; `given` are further fields of `Run`."""
    return Run(
        id=new_run_id(now),
        mode=errand,
        actor=actor,
        started=now,
        municipalities=municipalities,
        status=RunStatus.QUEUED,
        asked={"errand": errand, "municipalities": list(municipalities)},
        **given,  # type: ignore[arg-type]
    )


def wanted_of(run: Run) -> tuple[str, ...]:
    """The municipalities that an errand was asked for, none for all."""
    return tuple(run.asked["municipalities"])


def order_of_run(run: Run) -> Order:
    """What a waiting run shall do."""
    return order_of(run.asked)


def approve(store: Store, run_id: str, by: str, now: datetime) -> str:
    """A second person lets through what was held back; the id of the run that follows.

    Raises `StoreError` where that person may not, or no longer.
    """
    approval = store.approvals.get(run_id)
    following = _following(approval, by, now) if approval else _nobody(now)
    told = {"run": following.id, "guards": list(approval.guards) if approval else []}
    entry = AuditEntry(by, "approved", approval.checksum if approval else run_id, told)
    store.approvals.approve(run_id, by, following, entry)
    return following.id


def _following(approval: Approval, by: str, now: datetime) -> Run:
    order = order_of(approval.asked | {"approved_by": by})
    return waiting_run(
        order,
        now,
        priority=MANUAL,
        follows=approval.run_id,
        not_after=approval.expires,
        dedupe_key=f"approval/{approval.run_id}",
    )


def _nobody(now: datetime) -> Run:
    """Stands in where there is nothing to approve, which the store says."""
    return waiting_run(Order("apply"), now)


def try_again(store: Store, run: Run, now: datetime) -> str:
    """Let a run that broke off wait once more; its id, or "" where it is not to be."""
    if not run.is_made_again(now):
        return ""
    again = _anew(
        run,
        now,
        zone=run.zone,
        priority=run.priority,
        due=now + _REST * (run.attempt - 1),
        not_after=run.not_after,
        schedule=run.schedule,
        follows=run.id,
        attempt=run.attempt + 1,
        dedupe_key=again_key(run.id),
    )
    return again.id if store.queue.repeat(run.id, again) else ""


def _anew(run: Run, now: datetime, **given: object) -> Run:
    if is_errand(run.mode):
        return waiting_errand(run.mode, now, wanted_of(run), run.actor, **given)
    return waiting_run(order_of_run(run), now, **given)


def sweep(store: Store, now: datetime) -> list[str]:
    """Give up silent runs and late ones, and repeat what was lost; ids of the repeats."""
    store.queue.expire()
    reaped = store.runs.reap()
    store.gauges.count(RUNS_LOST, len(reaped))
    for run_id in reaped:
        store.runs.add_event(
            run_id, "lost", "Its process is gone, or was silent for too long."
        )
    lost = store.queue.lost_since(now - _REMEMBERED)
    repeats = [again for run in lost if (again := try_again(store, run, now))]
    settle_lately(store, now)
    return repeats


def order_run(
    store: Store,
    mode: Mode,
    now: datetime,
    *,
    by: str,
    municipalities: tuple[str, ...] = (),
    kinds: tuple[str, ...] = (),
    only: frozenset[str] = frozenset(),
    adopt: frozenset[str] = frozenset(),
    key: str = "",
) -> str:
    """Put a run into the queue for a person; its id. See `Order` for what it covers.

    The same `key` of the same person is the same run. Raises `StoreError` where it stands
    for another order.
    """
    order = Order(mode, municipalities, kinds, only=only, adopt=adopt, actor=by)
    dedupe_key = f"order/{_digest(by, key)}" if key else None
    run = waiting_run(order, now, priority=MANUAL, dedupe_key=dedupe_key)
    if not store.queue.enqueue(run):
        return _ordered_before(store, run)
    told = {"run": run.id, "municipalities": list(municipalities)}
    told |= {"only": sorted(only), "adopt": sorted(adopt)}
    store.audit.extend([AuditEntry(by, f"ordered.{mode}", run.id, told)])
    return run.id


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _ordered_before(store: Store, run: Run) -> str:
    """The run of the same key, where it was the same order."""
    before = store.runs.of_dedupe_key(run.dedupe_key or "")
    if before is None or before.asked != run.asked:
        raise StoreError(
            "This key belongs to another order.",
            remedy="Send each new order with a key of its own.",
        )
    return before.id

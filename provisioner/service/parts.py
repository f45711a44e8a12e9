"""Runs of which other zones make parts: how they ended, and how they are cancelled."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from provisioner.errors import StoreError
from provisioner.model.audit import AuditEntry
from provisioner.model.run import Run, RunStatus
from provisioner.store import Store

_WELL = (RunStatus.SUCCEEDED, RunStatus.WAITING, RunStatus.SUPERSEDED)
_LATELY = 600.0  # seconds


def settle(store: Store, run: Run, now: datetime) -> None:
    """Say of the whole, of which this run is a part, how it stands with all its parts.

    While one of them is under way the whole waits; where one went wrong the whole has
    failed, and says in which zone and why. What the run did itself stays in its summary.
    """
    found = store.parts.whole_of(run)
    if found is None or not found[0].status.is_final:
        return
    whole, parts = found
    before = whole.summary if isinstance(whole.summary, dict) else {}
    own = RunStatus(before.get("own", whole.status))
    status, why = _verdict(own, parts, now)
    summary = before | {"own": own.value, "parts": {p.zone: _told(p) for p in parts}}
    if why:
        summary |= {"reason": why}
    elif own in _WELL:
        summary.pop("reason", None)
    if (status, summary) != (whole.status, before):
        store.parts.settle(whole.id, whole, status, summary)


def under_way(store: Store, run: Run) -> list[Run]:
    """The parts of a run in other zones that have not ended; none where it is a part."""
    found = store.parts.whole_of(run)
    if found is None or found[0].id != run.id:
        return []
    return [one for one in found[1] if not one.status.is_final]


def cancel(store: Store, run_id: str, by: str, now: datetime) -> Run:
    """Let a run end with all its parts: at once what waits, soon what is at work.

    Returns the run as it is then. Raises `StoreError` where it has ended or is not known.
    """
    run = store.runs.get(run_id)
    if run is None or not run.status.is_final or not under_way(store, run):
        run = store.queue.cancel(run_id, by)
    # Whoever lets further parts wait looks whether the whole was cancelled meanwhile.
    cancel_parts(store, run, by)
    store.audit.extend([AuditEntry(by, "cancelled", run_id, {})])
    settle_lately(store, now)
    return store.runs.get(run_id) or run


def cancel_parts(store: Store, run: Run, by: str) -> None:
    """Let the parts of a run end that have not."""
    for one in under_way(store, run):
        with suppress(StoreError):  # it has ended since
            store.queue.cancel(one.id, by)


def settle_lately(store: Store, now: datetime) -> None:
    """The same for all parts that have ended of late, whoever ended them."""
    for one in store.parts.ended_within(_LATELY):
        settle(store, one, now)


def _verdict(
    own: RunStatus, parts: Iterable[Run], now: datetime
) -> tuple[RunStatus, str]:
    if own not in _WELL:
        return own, ""
    under_way = [p for p in parts if not p.status.is_final or p.is_made_again(now)]
    wrong = [p for p in parts if p not in under_way and p.status not in _WELL]
    if wrong:
        return RunStatus.FAILED, " ".join(_complaint(one) for one in wrong)
    waits = under_way or RunStatus.WAITING in (own, *(one.status for one in parts))
    return (RunStatus.WAITING if waits else RunStatus.SUCCEEDED), ""


def _complaint(part: Run) -> str:
    reason = _told(part).get("reason")
    words = f"In zone {part.zone} run {part.id} ended {part.status.value}"
    return f"{words}: {reason}" if reason else f"{words}."


def _told(part: Run) -> dict[str, Any]:
    told = {"run": part.id, "status": part.status.value}
    reason = part.summary.get("reason") if isinstance(part.summary, dict) else ""
    return told | ({"reason": reason} if reason else {})

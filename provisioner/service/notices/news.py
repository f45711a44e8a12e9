"""What has changed its state of late, as facts; who hears of it is not decided here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from provisioner.model.notice import About
from provisioner.model.run import MOST_ATTEMPTS, Run, RunStatus
from provisioner.service.reasons import ALIVE
from provisioner.store import Store

News = tuple[About, str, tuple[str, ...], dict[str, Any]]
"""What it is about, its key, whom it concerns (nobody is everybody), its facts."""

OF_BACKUPS = ("backup", "drill")
RECENT = timedelta(days=1)
"""What is older is history."""
_LOOKED_AT = 200


def of_runs(store: Store, now: datetime) -> Iterator[News]:
    """Runs that failed for good."""
    for run in store.runs.latest(_LOOKED_AT):
        if _went_wrong(run) and run.finished and run.finished > now - RECENT:
            reason = run.summary.get("reason", "") if run.summary else ""
            facts = {"run": run.id, "mode": run.mode, "reason": reason}
            yield "run_failed", f"run/{run.id}", run.municipalities, facts


def _went_wrong(run: Run) -> bool:
    """Whether a run failed for good: what was lost and is made again is no news yet."""
    lost = run.status is RunStatus.LOST
    given_up = lost and (run.attempt >= MOST_ATTEMPTS or run.asked is None)
    return run.status is RunStatus.FAILED or given_up


def of_approvals(store: Store) -> Iterator[News]:
    """Plans that wait for a second person."""
    for one in store.approvals.open():
        slugs = tuple(one.asked["municipalities"])
        facts = {
            "run": one.run_id,
            "municipalities": list(slugs),
            "changes": len(one.changes),
            "by": one.requested_by,
            "until": one.expires.isoformat(),
        }
        yield "approval", f"approval/{one.run_id}", slugs, facts


def of_drift(cursor: int, drift: Iterable[tuple[str, str]]) -> Iterator[News]:
    """New and resolved differences, counted by municipality; see `Notices`."""
    counts: dict[str, Counter[str]] = {}
    for key, life in drift:
        counts.setdefault(key.partition("/")[0], Counter())[life] += 1
    for slug, lives in sorted(counts.items()):
        facts = {
            "municipality": slug,
            "new": lives["new"],
            "resolved": lives["resolved"],
        }
        yield "drift", f"drift/{cursor}/{slug}", (slug,), facts


def of_workers(store: Store) -> Iterator[News]:
    """Workers that fell silent."""
    for one in store.workers.silent(ALIVE):
        facts = {"worker": one.name, "seen": one.seen.isoformat()}
        yield "worker_gone", f"worker/{one.name}/{one.since.isoformat()}", (), facts


def of_conditions(store: Store, now: datetime) -> Iterator[News]:
    """What has come to be so, and what is so no longer.

    Of a backup that somebody acknowledged nothing is told while that holds. What outlives
    the word is told anew, and what came and went under it never.
    """
    words = store.backups.acknowledged()
    for one in store.conditions.latest(RECENT):
        word = words.get(one.key) if one.about in OF_BACKUPS else None
        key = f"{one.about}/{one.key}/{one.since.isoformat()}"
        slugs = (one.municipality,) if one.municipality else ()
        if one.over is None and word and one.since < word.until:
            key = f"{key}/after {word.until.isoformat()}"
        if word is None or not word.holds(now):
            yield one.about, key, slugs, one.facts
        if one.over is not None and not (word and word.at <= one.since < word.until):
            yield one.about, f"{key}/over", slugs, one.facts | {"over": True}

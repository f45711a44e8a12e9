"""With a million rows nothing that is asked all the time may read a whole table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from provisioner.model.run import Run
from provisioner.store import Store, open_store

Ask = Callable[[Store, datetime], Any]

ASKED: dict[str, Ask] = {
    "latest": lambda store, now: store.runs.latest(20),
    "get": lambda store, now: store.runs.get("x"),
    "events": lambda store, now: store.runs.events("x", 5),
    "reap": lambda store, now: store.runs.reap(),
    "ready": lambda store, now: store.queue.ready(("",)),
    "claim": lambda store, now: store.queue.claim("w", 60),
    "waiting": lambda store, now: store.queue.waiting(),
    "expire": lambda store, now: store.queue.expire(),
    "supersede": lambda store, now: store.queue.supersede("s", "x"),
    "stopper": lambda store, now: store.queue.stopper("x"),
    "lost": lambda store, now: store.queue.lost_since(now - timedelta(days=1)),
    "parts": lambda store, now: store.parts.whole_of(Run("x", "apply", "dana", now)),
    "ended parts": lambda store, now: store.parts.ended_within(600),
    "notices": lambda store, now: store.notices.latest(20),
    "take notice": lambda store, now: store.notices.take(),
    "plans of a run": lambda store, now: store.plans.of_run("x"),
    "plans by sum": lambda store, now: store.plans.of_checksum("x"),
    "outcomes of a run": lambda store, now: store.outcomes.of_run("x"),
    "outcomes of a thing": lambda store, now: store.outcomes.of_resource("x"),
    "proofs": lambda store, now: store.outcomes.proofs_of_run("x"),
    "approvals": lambda store, now: store.approvals.open(),
    "approval by sum": lambda store, now: store.approvals.of_checksum("x"),
    "history of drift": lambda store, now: store.drift.history("x"),
    "drift of a town": lambda store, now: store.drift.open("x"),
    "drift to tell": lambda store, now: store.notices.drift_since_told(),
    "conditions": lambda store, now: store.conditions.latest(timedelta(days=1)),
    "audit": lambda store, now: store.audit.latest(20),
    "figures": lambda store, now: store.figures.runs(),
    "quiet runs": lambda store, now: store.figures.quietest(),
    "prune": lambda store, now: store.runs.prune(730, 1000, 1_000_000),
}


@pytest.mark.parametrize("name", ASKED)
def test_it_is_answered_by_an_index(name: str, tmp_path: Path, now: datetime) -> None:
    asked: list[tuple[str, Any]] = []
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as store:
        engine = store.database.engine

        def note(_: Any, __: Any, statement: str, values: Any, *___: Any) -> None:
            if statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE")):
                asked.append((statement, values))

        event.listen(engine, "before_cursor_execute", note)
        ASKED[name](store, now)
        event.remove(engine, "before_cursor_execute", note)
        assert asked
        with store.database.read() as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
            for statement, values in asked:
                found = connection.exec_driver_sql(
                    f"EXPLAIN QUERY PLAN {statement}", values
                ).all()
                told = [row[3] for row in found]
                scans = [one for one in told if one.startswith("SCAN ")]
                assert not [one for one in scans if not is_short(one, told, statement)]


def is_short(scan: str, plan: list[str], statement: str) -> bool:
    """Whether what is read in the order of an index ends after a few rows."""
    if "(subquery" in scan or "(SUBQUERY" in scan or scan.startswith("SCAN last"):
        return True
    limited = "LIMIT" in statement or "max(" in statement
    sorts = [one for one in plan if one == "USE TEMP B-TREE FOR ORDER BY"]
    return limited and not sorts

"""With a million rows nothing that is asked all the time may read a whole table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

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
    "notices": lambda store, now: store.notices.latest(20),
    "take notice": lambda store, now: store.notices.take(),
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
                scans = [row[3] for row in found if row[3].startswith("SCAN ")]
                assert not [one for one in scans if " USING " not in one], statement

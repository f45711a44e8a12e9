"""A store with a year of runs: what pages ask of it, against the same of an empty one."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bench.row import Figure
from provisioner.store import Store, open_store
from provisioner.store.tables import outcomes, run_events, runs

_ROWS_AT_ONCE = 20_000
_ASKED = 40
_LIMIT = 20.0
_STEP = timedelta(seconds=31)  # a million of them are a year

PAGES: dict[str, Callable[[Store, str], Any]] = {
    "list of runs": lambda store, run: store.runs.latest(20),
    "one run": lambda store, run: store.runs.get(run),
    "its events": lambda store, run: store.runs.events(run),
    "its outcomes": lambda store, run: store.outcomes.of_run(run),
    "its plans": lambda store, run: store.plans.of_run(run),
    "what waits": lambda store, run: store.queue.waiting(),
    "approvals": lambda store, run: store.approvals.open(),
    "open drift": lambda store, run: store.drift.open("town-001"),
    "notices": lambda store, run: store.notices.latest(),
    "audit": lambda store, run: store.audit.latest(),
    "figures": lambda store, run: store.figures.runs(),
}


def measure(folder: Path, count: int) -> Iterable[Figure]:
    """The page that a history of `count` runs slows most."""
    with (
        open_store(f"sqlite:///{folder / 'empty.db'}") as empty,
        open_store(f"sqlite:///{folder / 'full.db'}") as full,
    ):
        begun = time.perf_counter()
        middle = _fill(full, count)
        filled = time.perf_counter() - begun
        ratios = {
            name: _median(full, middle, ask) / _median(empty, middle, ask)
            for name, ask in PAGES.items()
        }
    worst = max(ratios, key=lambda name: ratios[name])
    told = ", ".join(f"{name} {ratio:.1f}" for name, ratio in ratios.items())
    yield Figure(
        "service_page_over_history",
        ratios[worst],
        limit=_LIMIT,
        detail=f"{count:,} runs, worst: {worst}; {told}; filled in {filled:.0f} s",
    )


def _median(store: Store, run: str, ask: Callable[[Store, str], Any]) -> float:
    ask(store, run)
    taken = []
    for _ in range(_ASKED):
        begun = time.perf_counter()
        ask(store, run)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def _fill(store: Store, count: int) -> str:
    """Runs that ended in the last year, each with an event and an outcome; one of them."""
    rows = _runs(count)
    while batch := list(islice(rows, _ROWS_AT_ONCE)):
        with store.database.write() as connection:
            connection.execute(insert(runs), batch)
            connection.execute(insert(run_events), [_event(one) for one in batch])
            connection.execute(insert(outcomes), [_outcome(one) for one in batch])
    return _id(count // 2)


def _runs(count: int) -> Iterator[dict[str, Any]]:
    begun = datetime.now(UTC) - _STEP * count
    for number in range(count):
        at = begun + _STEP * number
        yield {
            "id": _id(number),
            "mode": "drift",
            "actor": "schedule drift-hourly",
            "started": at,
            "finished": at + timedelta(seconds=9),
            "municipalities": [f"town-{number % 257:03d}"],
            "kinds": [],
            "commit": "0" * 40,
            "status": "failed" if number % 97 == 0 else "succeeded",
            "pid": 1,
            "host": "bench",
            "process": "",
            "checksum": "",
            "summary": {"changes": 0},
            "dedupe_key": f"drift/{number}",
            "events": 1,
        }


def _id(number: int) -> str:
    return f"20251122-{number:010d}"


def _event(run: dict[str, Any]) -> dict[str, Any]:
    told = {"run_id": run["id"], "number": 1, "at": run["started"]}
    return told | {"kind": "phase", "text": "observe", "details": {"total": 0}}


def _outcome(run: dict[str, Any]) -> dict[str, Any]:
    key = f"{run['municipalities'][0]}/mailbox/{run['id']}"
    body = (
        b'{"municipality":"town-001","kind":"mailbox","name":"x",'
        b'"action":"update","status":"done"}'
    )
    return {"run_id": run["id"], "key": key, "status": "done", "body": body}

"""A run's events as server-sent events, for whichever server carries them to a browser.

Each event's id is its number in the run: a reader that comes back sends the last one it
had (`Last-Event-ID`) and misses nothing. The event `end` closes the stream.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator
from typing import Any

import msgspec

from provisioner.errors import StoreError
from provisioner.model.run import Run, RunEvent
from provisioner.store import Store

EVENT_STREAM = "text/event-stream; charset=utf-8"
LAST_EVENT_ID = "last-event-id"
_LOOK = 0.5  # seconds between two looks
_KEEP_ALIVE = 15.0
"""Seconds of silence after which a comment is sent: proxies drop a line that is idle."""
_NUMBER = re.compile(r"[0-9]{1,9}")


def resume_after(last_event_id: str) -> int:
    """The number to go on after; 0, and so everything, for what is no number."""
    return int(last_event_id) if _NUMBER.fullmatch(last_event_id.strip()) else 0


async def run_events(
    store: Store, run_id: str, after: int = 0
) -> AsyncGenerator[bytes, None]:
    """The events of a run after number `after`, as they come, until it has ended.

    Raises `StoreError` at once for a run that is not known. A store that cannot be read
    for a while is waited for: the stream stays open, and nothing is left out.
    """
    if await asyncio.to_thread(store.runs.get, run_id) is None:
        raise StoreError(f"There is no run {run_id}.")
    said = time.monotonic()
    while True:
        try:
            run, found = await asyncio.to_thread(_look, store, run_id, after)
        except StoreError:
            run, found = None, []
        for event in found:
            yield _event(event)
            after, said = event.number, time.monotonic()
        if run is not None and run.status.is_final:
            yield _framed("end", {"status": run.status.value, "run": run.id})
            return
        if time.monotonic() - said > _KEEP_ALIVE:
            said = time.monotonic()
            yield b": still here\n\n"
        await asyncio.sleep(_LOOK)


def _look(store: Store, run_id: str, after: int) -> tuple[Run | None, list[RunEvent]]:
    """The run before its events: what came after its end was there by then."""
    run = store.runs.get(run_id)
    return run, store.runs.events(run_id, after)


def _event(one: RunEvent) -> bytes:
    told = {"at": one.at, "kind": one.kind, "text": one.text, "details": one.details}
    return f"id: {one.number}\n".encode() + _framed("", msgspec.to_builtins(told))


def _framed(name: str, told: dict[str, Any]) -> bytes:
    """One event; JSON keeps line ends out of the frame."""
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(told, ensure_ascii=False)}\n\n".encode()

"""Following a run: its events as they come, resumable by their number."""

from __future__ import annotations

import time
from collections.abc import Iterator

from provisioner.errors import StoreError
from provisioner.model.run import RunEvent
from provisioner.store import Store

_LOOK = 0.3  # seconds


def follow(store: Store, run_id: str, after: int = 0) -> Iterator[RunEvent]:
    """The events of a run after number `after`, each once, until it has ended.

    Raises `StoreError` for a run that is not known.
    """
    while True:
        # Asked before the events are read: what came after its end was there by then.
        run = store.runs.get(run_id)
        if run is None:
            raise StoreError(
                f"There is no run {run_id}.", remedy="See: provisioner runs list."
            )
        for event in store.runs.events(run_id, after):
            yield event
            after = event.number
        if run.status.is_final:
            return
        time.sleep(_LOOK)

"""A worker whose runs do nothing but be kept account of."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from provisioner.engine.run import Collaborators
from provisioner.model.run import RunStatus
from provisioner.service.worker import Worker
from provisioner.store import Store
from provisioner.store.run_queue import Claim


class Idle(Worker):
    """Notes when each run began, where `began` is there to be noted in."""

    began: dict[str, float] | None = None

    def _make(self, claim: Claim, given: Collaborators) -> None:
        if self.began is not None:
            self.began[claim.run.id] = time.perf_counter()
        store = self._store
        with claim.lease.kept():
            store.queue.begin(claim.lease, claim.run)
            store.runs.add_event(claim.run.id, "planned", "0 change(s)")
        fence = claim.lease.fence
        store.runs.finish(claim.run.id, RunStatus.SUCCEEDED, {}, fence=fence)


def given_to(store: Store) -> Collaborators:
    """All that such a worker is given."""
    nothing = None
    return Collaborators(nothing, store, nothing, nothing, nothing, now)  # type: ignore[arg-type]


def now() -> datetime:
    """The time (UTC)."""
    return datetime.now(UTC)

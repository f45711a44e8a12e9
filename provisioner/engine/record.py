"""What a run writes down while it goes: outcomes, what was last applied, the audit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from provisioner.engine.listener import Listener
from provisioner.engine.ports import Lease, Store
from provisioner.engine.scope import Order
from provisioner.model.applied import LastAppliedEntry
from provisioner.model.audit import AuditEntry
from provisioner.model.change import Action
from provisioner.model.masking import masked
from provisioner.model.outcome import Outcome, Proof, Status
from provisioner.model.resource import Resource

_FLUSH_AFTER = 50


class Recorder:
    """Keeps the outcomes of one run and writes them in small transactions.

    Flushing often bounds what a killed run forgets; what is forgotten is found again by
    observing, because the world bears our marks.
    """

    def __init__(
        self,
        store: Store,
        run_id: str,
        order: Order,
        resources: Mapping[str, Resource[Any]],
        listener: Listener,
        now: Callable[[], datetime],
        lease: Lease | None,
    ) -> None:
        self._store = store
        self._run_id = run_id
        self._order = order
        self._resources = resources
        self._listener = listener
        self._now = now
        self._lease = lease
        self._buffer: list[Outcome] = []
        self.outcomes: list[Outcome] = []

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def phase(self, text: str, total: int) -> None:
        """Tell that `total` changes of one kind begin."""
        self._listener.phase(text, total)

    def require_lease(self) -> None:
        """Raise `RunInProgress` when another run has taken over: stop writing."""
        if self._lease is not None:
            self._lease.require()

    def take(self, outcome: Outcome) -> None:
        """Keep an outcome; what its reason may quote of elsewhere is masked here."""
        if outcome.reason:
            reason = masked(outcome.reason)
            outcome = msgspec.structs.replace(outcome, reason=reason)
        self.outcomes.append(outcome)
        self._buffer.append(outcome)
        self._listener.advance(outcome)
        if len(self._buffer) >= _FLUSH_AFTER:
            self.flush()

    def flush(self) -> None:
        """Write what is buffered, and stop where the lease is lost."""
        buffer, self._buffer = self._buffer, []
        if not buffer:
            return
        self._store.outcomes.append(self._run_id, buffer, [])
        done = [one for one in buffer if one.status is Status.DONE]
        gone = [one.key for one in done if one.key not in self._resources]
        self._store.last_applied.record(self._entries(done))
        self._store.last_applied.forget(gone)
        self._audit(buffer)
        self.require_lease()

    def _entries(self, done: Iterable[Outcome]) -> list[LastAppliedEntry]:
        now = self._now()
        return [
            entry(self._resources[one.key], one.object_id, now)
            for one in done
            if one.key in self._resources
        ]

    def _audit(self, outcomes: Sequence[Outcome]) -> None:
        told = [one for one in outcomes if one.status in (Status.DONE, Status.FAILED)]
        self._store.audit.extend(
            [
                AuditEntry(
                    self._order.actor,
                    f"{one.action}.{one.status}",
                    one.key,
                    self._told(one),
                )
                for one in told
            ]
        )

    def _told(self, outcome: Outcome) -> dict[str, str]:
        told = {"run": self._run_id, "reason": outcome.reason}
        if outcome.action is Action.DELETE:
            told["approved_by"] = self._order.approved_by
        return told

    def keep_proofs(self, proofs: Sequence[Proof]) -> None:
        self._store.outcomes.append(self._run_id, [], proofs)


def entry(resource: Resource[Any], object_id: str, now: datetime) -> LastAppliedEntry:
    """A resource as it was last brought about."""
    return LastAppliedEntry(
        resource.key,
        resource.municipality,
        resource.kind,
        msgspec.json.encode(resource.spec),
        object_id,
        now,
    )

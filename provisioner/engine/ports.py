"""What the engine needs of the store; `provisioner.store.Store` is one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from provisioner.kind import LastApplied
from provisioner.model.applied import LastAppliedEntry
from provisioner.model.approval import Approval
from provisioner.model.audit import AuditEntry
from provisioner.model.backup import Observation
from provisioner.model.backup_report import BackupReport
from provisioner.model.change import Action
from provisioner.model.cluster import Cluster
from provisioner.model.drift_item import DriftItem
from provisioner.model.outcome import Outcome, Proof
from provisioner.model.plan import Plan
from provisioner.model.run import Run, RunStatus


class Lease(Protocol):
    """A run, or names, held by this process for a while."""

    @property
    def fence(self) -> int: ...

    @property
    def holds(self) -> bool: ...

    def require(self) -> None:
        """Raise `RunInProgress` when the lease was lost to another run."""
        ...

    def kept(
        self, glance: Callable[[], None] | None = None
    ) -> AbstractContextManager[Any]:
        """Keep the lease by a heartbeat, and give it back at the end."""
        ...


class Claim(Protocol):
    """A run taken from the queue by this process."""

    @property
    def run(self) -> Run: ...

    @property
    def lease(self) -> Any: ...


class Queue(Protocol):
    """The runs that wait, and what is asked of those that were taken."""

    def begin(self, lease: Any, run: Run) -> None: ...

    def postpone(self, lease: Any, until: datetime) -> bool: ...

    def stopper(self, run_id: str) -> str: ...


class Approvals(Protocol):
    """Plans put to a second person."""

    def request(self, approval: Approval) -> None: ...

    def of_checksum(self, checksum: str) -> Approval | None: ...


class Runs(Protocol):
    """The rows of runs and their events."""

    def start(self, run: Run, lease_seconds: float) -> Lease: ...

    def finish(
        self,
        run_id: str,
        status: RunStatus,
        summary: Any = None,
        *,
        checksum: str = "",
        fence: int | None = None,
    ) -> None: ...

    def reap(self) -> list[str]: ...

    def get(self, run_id: str) -> Run | None: ...

    def add_event(
        self,
        run_id: str,
        kind: str,
        text: str,
        details: Mapping[str, Any] | None = None,
    ) -> int: ...


class Locks(Protocol):
    """Names that only one run may hold."""

    def acquire(
        self, names: Sequence[str], owner: str, lease_seconds: float
    ) -> Lease: ...


class LastAppliedRecords(Protocol):
    """What was last applied, by municipality."""

    def read_many(self, municipalities: Iterable[str]) -> Mapping[str, LastApplied]: ...

    def entries(self, keys: Iterable[str]) -> Mapping[str, LastAppliedEntry]: ...

    def known_since(self) -> Mapping[str, datetime]: ...

    def record(self, entries: Iterable[LastAppliedEntry]) -> None: ...

    def forget(self, keys: Iterable[str]) -> None: ...


class Plans(Protocol):
    """Plans as they were made."""

    def save(self, run_id: str, plan: Plan, commit: str) -> None: ...

    def of_checksum(self, checksum: str) -> Sequence[Any]: ...


class Outcomes(Protocol):
    """Outcomes and proofs by run."""

    def append(
        self, run_id: str, outcomes: Sequence[Outcome], proofs: Sequence[Proof]
    ) -> None: ...

    def done_since(
        self, kind: str, actions: Sequence[Action], since: datetime
    ) -> Sequence[tuple[datetime, Outcome]]: ...


class DriftItems(Protocol):
    """Drift items and their lives."""

    def observe(
        self,
        municipality: str,
        kinds: Sequence[str],
        items: Sequence[DriftItem],
        at: datetime,
        elsewhere: frozenset[str] = frozenset(),
    ) -> tuple[list[DriftItem], list[DriftItem]]: ...

    def resolve(
        self, settled: Mapping[str, datetime], at: datetime
    ) -> list[DriftItem]: ...

    def attribute(self, items: Sequence[DriftItem]) -> None: ...


class Backups(Protocol):
    """What was seen of backups."""

    def record(self, observations: Iterable[Observation]) -> None: ...

    def report(self, cluster: Cluster, now: datetime) -> BackupReport: ...


class Audit(Protocol):
    """The append-only audit."""

    def extend(self, entries: list[AuditEntry]) -> Any: ...


class Gauges(Protocol):
    """Figures for whoever watches: the last value by label, and counts."""

    def put(self, name: str, label: str, value: float) -> None: ...

    def count(self, name: str, more: int) -> None: ...


class Store(Protocol):
    """Everything a run remembers."""

    @property
    def runs(self) -> Runs: ...
    @property
    def queue(self) -> Queue: ...
    @property
    def approvals(self) -> Approvals: ...
    @property
    def locks(self) -> Locks: ...
    @property
    def last_applied(self) -> LastAppliedRecords: ...
    @property
    def plans(self) -> Plans: ...
    @property
    def outcomes(self) -> Outcomes: ...
    @property
    def drift(self) -> DriftItems: ...
    @property
    def backups(self) -> Backups: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def gauges(self) -> Gauges: ...

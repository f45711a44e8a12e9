"""A run from its first row to its last: locks, event loop, providers, events, end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from types import TracebackType
from typing import Any, TypeVar

from provisioner.engine.approval import held_back
from provisioner.engine.blackout import BLACKOUT, hold_back
from provisioner.engine.bound import approve_as_bound
from provisioner.engine.desired import Desired, by_key
from provisioner.engine.listener import Listener
from provisioner.engine.narrate import Narrator
from provisioner.engine.places import hosts_in, lock_names
from provisioner.engine.plan import Draft
from provisioner.engine.ports import Claim, Lease, Store
from provisioner.engine.record import Recorder
from provisioner.engine.scope import Order
from provisioner.engine.settle import release_passwords, remember_confirmed
from provisioner.engine.stopping import PATIENCE, Stop
from provisioner.errors import (
    PlanChanged,
    ProviderError,
    ProvisionerError,
    RunInProgress,
    RunStopped,
    StoreError,
    WritingStopped,
)
from provisioner.kind import (
    HostProviders,
    InitialSecrets,
    Kind,
    LastApplied,
    Providers,
    Scope,
)
from provisioner.model.audit import AuditEntry
from provisioner.model.backup_assets import jobs_of
from provisioner.model.backup_report import KIND, BackupReport
from provisioner.model.cluster import Cluster, Estate, Tenant
from provisioner.model.outcome import Outcome
from provisioner.model.plan import Plan, total_checksum
from provisioner.model.report import Report
from provisioner.model.run import Run, RunStatus, new_run_id
from provisioner.providers.graph.directory import Directory

_log = logging.getLogger(__name__)
_LOOK_AGAIN = timedelta(seconds=15)
T = TypeVar("T")


@dataclass(frozen=True)
class Collaborators:
    """What a run works with; only `bootstrap` (and tests) put real ones in.

    `claim` is the run of the queue that is being made, None for one that begins now.
    `approval_patience` is how long what a guard held back waits for a second person.
    `open_hosts` is None where there are no hosts to look at: a sandbox without a lab.
    `zones` are those whose hosts this process may reach, None all of them.
    """

    load: Callable[[], Cluster]
    store: Store
    secrets: InitialSecrets
    open_providers: Callable[[Tenant, Callable[[], None]], Awaitable[Providers]]
    listener: Listener
    now: Callable[[], datetime]
    lease_seconds: float = 60.0
    approval_patience: timedelta = timedelta(hours=72)
    stop: Stop = field(default_factory=Stop)
    claim: Claim | None = None
    open_hosts: Callable[[Cluster, Callable[[], None]], HostProviders] | None = None
    zones: tuple[str, ...] | None = None

    def hosts_here(
        self, cluster: Cluster, may_write: Callable[[], None]
    ) -> HostProviders:
        """The hosts, without the way to those of zones that are another worker's."""
        assert self.open_hosts is not None  # noqa: S101  the caller has looked
        opened = self.open_hosts(cluster, may_write)
        if self.zones is not None:
            opened.hosts.keep_to(hosts_in(cluster, self.zones))
        return opened


@dataclass(frozen=True)
class RunFacts:
    """What a report says of its run."""

    order: Order
    scope: Scope
    run_id: str
    started: datetime
    finished: datetime
    backups: BackupReport | None = None


class CurrentRun:
    """The run being made, as a context: what it opens is closed however it ends.

    It holds its own row by a lease, and an apply a lock for each municipality and kind;
    heartbeats keep both, and nothing is written once one of them is lost.
    """

    def __init__(
        self,
        order: Order,
        scope: Scope,
        kinds: Sequence[Kind],
        given: Collaborators,
        desired: Desired,
    ) -> None:
        self._order = order
        self._scope = scope
        self._kinds = kinds
        self._given = given
        self._desired = desired
        self.store = given.store
        self._stack = ExitStack()
        self.started = given.now()
        claim = given.claim
        self.run_id = claim.run.id if claim else new_run_id(self.started)
        self.listener = Narrator(given.listener, self.store.runs, self.run_id)
        self.providers: dict[str, Providers | HostProviders | ProviderError] = {}
        self._lease: Lease | None = None
        self._ended = False

    def __enter__(self) -> CurrentRun:
        self._hold = self._begin()
        try:
            self._stack.enter_context(self._hold.kept(self._glance))
            if self._order.mode == "apply":
                self._lock()
            self._loop = self._stack.enter_context(asyncio.Runner())
            self.listener.phase("observe", 0)
            self.wait(self._open())
            self._stack.callback(lambda: self._loop.run(self._close()))
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()
        if not self._ended:
            self._finish(_status(error), {"reason": _reason(error)})

    def _finish(self, status: RunStatus, summary: Any, checksum: str = "") -> None:
        self.store.runs.finish(
            self.run_id, status, summary, checksum=checksum, fence=self._hold.fence
        )

    def wait(self, work: Coroutine[Any, Any, T], *, patience: float = 0.0) -> T:
        """Run `work` to its end in the run's one event loop.

        Raises `RunStopped`, `patience` seconds after somebody asked the run to stop.
        """
        result: list[T] = []

        async def keep() -> None:
            result.append(await self._given.stop.bound(work, patience))

        # A task's result is formatted when Runner.run restores SIGINT (CPython 3.11):
        # of 100,000 users that takes a second and half a gigabyte.
        self._loop.run(keep())
        return result[0]

    @cached_property
    def last_applied(self) -> Mapping[str, LastApplied]:
        """What earlier runs brought about, by municipality slug, as at the start."""
        slugs = [one.slug for one in self._scope.municipalities]
        return self.store.last_applied.read_many(slugs)

    def planned(self, plans: Mapping[str, Plan]) -> None:
        """Write the plans down before anything is done; of named keys also empty ones."""
        told = [one for one in plans.values() if one.changes or one.findings]
        for plan in plans.values() if self._order.only else told:
            self.store.plans.save(self.run_id, plan, self._scope.cluster.commit)
        self.store.runs.add_event(
            self.run_id,
            "planned",
            f"{sum(len(one.changes) for one in told)} change(s) in "
            f"{len(told)} of {len(plans)} municipalities",
            {"checksum": total_checksum(plans.values())},
        )

    def approve(self, plans: Mapping[str, Plan]) -> dict[str, Plan]:
        """The plans as approved, see `bound`; who let guards go is written down."""
        order = self._order
        bound = (self.store, self._kinds, self._desired)
        try:
            plans = approve_as_bound(order, plans, *bound)
        except PlanChanged:
            self._ask_again(plans)
            raise
        if order.release:
            told = {
                "run": self.run_id,
                "released": sorted(order.release),
                "approved_by": order.approved_by,
            }
            entry = AuditEntry(order.actor, "released", order.checksum, told)
            self.store.audit.extend([entry])
        return self._in_its_time(plans)

    def _ask_again(self, plans: Mapping[str, Plan]) -> None:
        """Put the plan of now to a second person, where the one they agreed to is stale."""
        order, approvals = self._order, self.store.approvals
        if (
            order.approved_by
            and not order.part
            and approvals.of_checksum(order.checksum)
        ):
            anew = replace(order, checksum="", release=frozenset(), approved_by="")
            self._put_to_somebody(anew, plans, ())

    def _put_to_somebody(
        self, order: Order, plans: Mapping[str, Plan], done: Sequence[Outcome]
    ) -> None:
        """Ask for the approval of what guards held back, if they did."""
        now, patience = self._given.now(), self._given.approval_patience
        if asked := held_back(order, plans, done, self.run_id, now, patience):
            self.store.approvals.request(asked)

    def _in_its_time(self, plans: Mapping[str, Plan]) -> dict[str, Plan]:
        """The plans, held back in a blackout; who overrides it is written down."""
        order, held = self._order, hold_back(plans, self._scope)
        if not order.urgent or held == dict(plans):
            return held
        told = {"run": self.run_id, "reason": order.urgent}
        self.store.audit.extend([AuditEntry(order.actor, "overridden", BLACKOUT, told)])
        return dict(plans)

    def applying(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait for the writes; once asked to stop, changes in hand are finished first."""
        self.wait(work, patience=PATIENCE)

    def settle(self, drafts: Mapping[str, Draft], desired: Desired) -> None:
        """Catch up with what earlier runs brought about and did not write down."""
        remember_confirmed(self.store, drafts, desired, self.last_applied, self.started)
        release_passwords(self._given.secrets, drafts, self._scope, self.started)
        self._given.secrets.expire(self.started)

    def recorder(self, desired: Desired) -> Recorder:
        return Recorder(
            self.store,
            self.run_id,
            self._order,
            by_key(desired),
            self.listener,
            self._given.now,
            self._lease,
        )

    def facts(self) -> RunFacts:
        now = self._given.now()
        looked = KIND in {kind.name for kind in self._kinds}
        backups = None
        if looked and any(jobs_of(self._scope.cluster)):
            backups = self.store.backups.report(self._scope.cluster, now)
            if named := self._order.municipalities:
                backups = backups.kept_to(named.__contains__)
        return RunFacts(
            self._order, self._scope, self.run_id, self.started, now, backups
        )

    def end(self, report: Report) -> None:
        """Close the run's row with what the report says."""
        status = RunStatus.SUCCEEDED
        if report.exit_code == 1:
            status = RunStatus.FAILED
        elif report.exit_code == 2 and self._order.mode == "apply":
            status = RunStatus.WAITING
        self._put_to_somebody(
            self._order,
            {one.slug: one.plan for one in report.municipalities},
            [o for m in report.municipalities for o in m.outcomes],
        )
        planned = report.checksum if self._order.mode == "plan" else ""
        self._finish(status, report.tally(), planned)
        self._ended = True

    def close(self, status: RunStatus, summary: Any) -> None:
        """Close the row of a run that makes no report."""
        self._finish(status, summary)
        self._ended = True

    def _begin(self) -> Lease:
        """The run's row, as running and under a lease."""
        given = self._given
        if given.claim is None:
            return self.store.runs.start(self._row(), given.lease_seconds)
        self.store.queue.begin(given.claim.lease, self._row())
        lease: Lease = given.claim.lease
        return lease

    def _glance(self) -> None:
        if by := self.store.queue.stopper(self.run_id):
            self._given.stop.request(f"cancelled by {by}")

    def _may_write(self) -> None:
        """Raise `WritingStopped` where nothing may be sent any more; asked by senders."""
        if self._given.stop.requested:
            raise WritingStopped(f"Not done: {self._given.stop.reason}.")
        for one in (self._hold, self._lease):
            if one is not None and not one.holds:
                raise WritingStopped(f"Not done: run {self.run_id} lost its lease.")

    def _row(self) -> Run:
        return Run(
            id=self.run_id,
            mode=self._order.mode,
            municipalities=tuple(one.slug for one in self._scope.municipalities),
            kinds=tuple(kind.name for kind in self._kinds),
            actor=self._order.actor,
            commit=self._scope.cluster.commit,
            started=self.started,
            checksum=self._order.checksum,
        )

    def _lock(self) -> None:
        names = lock_names(self._scope, self._kinds, self._desired)
        given = self._given
        try:
            seconds = given.lease_seconds
            self._lease = self.store.locks.acquire(names, self.run_id, seconds)
        except RunInProgress:
            if given.claim is not None:
                # It waits on: a run of the queue is not lost because another is at work.
                later = given.now() + _LOOK_AGAIN
                self._ended = self.store.queue.postpone(given.claim.lease, later)
            raise
        self._stack.enter_context(self._lease.kept())
        # Now is the time to say of killed runs that they are lost.
        self.store.runs.reap()

    async def _open(self) -> None:
        realms = {r for kind in self._kinds for r in self._scope.realms(kind)}
        for realm in realms:
            try:
                if isinstance(realm, Estate):
                    self.providers[realm.name] = self._given.hosts_here(
                        self._scope.cluster, self._may_write
                    )
                else:
                    opened = await self._given.open_providers(realm, self._may_write)
                    self.providers[realm.name] = opened
            except ProviderError as error:
                _log.warning("%r cannot be opened: %s", realm.name, error)
                self.providers[realm.name] = error

    async def _close(self) -> None:
        for name, one in self.providers.items():
            if isinstance(one, Providers):
                await one.close()
                self._count(name, one.directory)

    def _count(self, tenant: str, directory: Directory) -> None:
        """What this run asked of a tenant, for the metrics; they may fail alone."""
        gauges = self.store.gauges
        try:
            gauges.count(f"graph calls/{tenant}", directory.calls)
            gauges.count(f"graph throttled/{tenant}", directory.throttled)
            gauges.put("graph_quota_used", tenant, directory.quota_used)
        except StoreError as error:
            _log.warning("the calls to %s are not counted: %s", tenant, error)


def _status(error: BaseException | None) -> RunStatus:
    if isinstance(error, RunStopped):
        return RunStatus.CANCELLED
    if isinstance(error, KeyboardInterrupt):
        return RunStatus.CANCELLED
    refused = isinstance(error, ProvisionerError)
    return RunStatus.REFUSED if refused else RunStatus.FAILED


def _reason(error: BaseException | None) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return str(error) or type(error).__name__

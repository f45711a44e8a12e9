"""What becomes of approved requests without people: into the inventory, a run, the proof.

`Progress.record` writes one into the inventory and orders a run; `Progress.tick` does so
for all that are due (the service calls it every minute); `Progress.after_run` reads from a
run that has ended what became of each request.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from provisioner.errors import (
    InventoryInvalid,
    ProvisionerError,
    RecordingHeld,
    RequestStale,
    RequestUnknown,
    RunInProgress,
)
from provisioner.inventory.write_back.git import Identity
from provisioner.inventory.write_back.record import Commission, record
from provisioner.model.audit import AuditEntry
from provisioner.model.cluster import Cluster
from provisioner.model.request import Act, Request, State, Step, WaitsFor, move
from provisioner.model.run import Run
from provisioner.model.viewer import EVERYTHING
from provisioner.model.wish import (
    NewMailboxes,
    NewSharedMailbox,
    PersonChange,
    PersonLeaves,
    WebsiteChange,
    Wish,
    resources_of,
)
from provisioner.service.orders import MANUAL, waiting_run
from provisioner.service.request_order import order_for
from provisioner.service.request_verdict import Evidence, Verdict, verdict_of
from provisioner.store import Store

_log = logging.getLogger(__name__)
MACHINE = "provisioner"
"""Who does what no person does."""
_LOCK = "inventory/requests"
_LEASE = 60.0  # seconds
_PATIENCE = 30.0
_LOOK = 30.0
_HELD_FOR = 300.0
_FILED_AFTER = timedelta(days=30)
_REST = timedelta(minutes=15)


def entry_of(request: Request, step: Step) -> AuditEntry:
    """A step of a request for the audit."""
    told = {
        "municipality": request.municipality,
        "sort": request.sort,
        "state": step.state.value,
        "reason": step.reason,
    }
    if step.act is Act.RECORD:
        told["commit"] = request.commit
    return AuditEntry(step.who, f"request.{step.act}", request.id, told)


class Steward:
    """Looks every half minute, while `leads()`, for requests that can go on."""

    def __init__(self, progress: Progress, leads: Callable[[], bool]) -> None:
        self._progress = progress
        self._leads = leads
        self._ending = threading.Event()
        self._held: dict[str, tuple[float, str]] = {}

    def stop(self) -> None:
        self._ending.set()

    def serve(self) -> None:
        """Look until `stop`; whatever goes wrong is tried again."""
        while not self._ending.wait(_LOOK):
            if not self._leads():
                continue
            try:
                self.look()
            except ProvisionerError as error:
                _log.error("requests cannot go on now: %s", error)
            except Exception:
                _log.exception("requests cannot go on now")

    def look(self) -> None:
        """Let requests go on. What was held is tried again when the inventory has changed,
        and every few minutes: each try reads all of it.
        """
        now, digest = time.monotonic(), self._progress.load().digest
        skip = {
            one
            for one, (then, seen) in self._held.items()
            if seen == digest and now - then < _HELD_FOR
        }
        tried = self._progress.tick(skip)
        kept = {one: self._held[one] for one in skip}
        self._held = kept | {one.id: (now, digest) for one in tried if one.is_due}


@dataclass(frozen=True)
class Progress:
    """Moves requests on; see the module."""

    store: Store
    load: Callable[[], Cluster]
    inventory: Path
    now: Callable[[], datetime]
    nudge: Callable[[], None] = lambda: None

    def tick(self, skip: Collection[str] = ()) -> list[Request]:
        """Let go on what can; the requests that were due, as they stand then.

        1. What is due is recorded, but for the ids in `skip`.
        2. Runs that a killed process did not order are ordered.
        3. What has been ready for a month is closed.
        """
        due = [one for one in self.store.requests.unrecorded(EVERYTHING) if one.is_due]
        tried = [self.record(one.id) for one in due if one.id not in skip]
        for one in self.store.requests.in_work(EVERYTHING):
            if one.state is State.RECORDED:
                self._order_run(one)
        old = self.store.requests.find(
            EVERYTHING,
            states=(State.READY,),
            untouched_since=self.now() - _FILED_AFTER,
        )
        for one in old:
            self._moved(one, Act.CLOSE, "")
        return tried

    def record(self, request_id: str) -> Request:
        """Write an approved request into the inventory, and order its run.

        Never raises for what is in the way: the request says it. Once recorded, or
        withdrawn, nothing is done.
        """
        try:
            with self.alone(request_id):
                request = self._get(request_id)
                if request.is_due:
                    request = self._recorded(request)
        except RecordingHeld as error:
            _log.warning("request %s: %s", request_id, error)
            return self._get(request_id)
        if request.state is State.RECORDED:
            request = self._order_run(request)
        return request

    @contextmanager
    def alone(self, request_id: str) -> Iterator[None]:
        """Hold the one place at which requests come into the inventory, on any machine.

        Raises `RecordingHeld` (`busy`) where another one keeps it.
        """
        owner = f"{request_id}/{secrets.token_hex(4)}"
        give_up = time.monotonic() + _PATIENCE
        while True:
            try:
                lease = self.store.locks.acquire((_LOCK,), owner, _LEASE)
                break
            except RunInProgress as error:
                if time.monotonic() > give_up:
                    raise RecordingHeld("busy", str(error)) from error
                time.sleep(0.05)
        with lease.kept():
            yield

    def _recorded(self, request: Request) -> Request:
        try:
            cluster = self.load()
        except InventoryInvalid as error:
            told = f"{error} {error.faults[0]}"
            return self._moved(request, Act.HOLD, told)
        zone = ZoneInfo(cluster.calendar.time_zone)
        today = self.now().astimezone(zone).date()
        if request.start is not None and request.start > today:
            reason = f"It starts on {request.start.isoformat()}."
            return self._moved(request, Act.WAIT, reason, WaitsFor.START_DATE)
        try:
            made = record(self.inventory, _commission_of(request, cluster))
        except RecordingHeld as held:
            if held.cause == "seat":
                return self._moved(request, Act.WAIT, str(held), WaitsFor.SEAT)
            return self._moved(request, Act.HOLD, str(held))
        return self._moved(request, Act.RECORD, made.remark, commit=made.commit)

    def _order_run(self, request: Request) -> Request:
        """Let a run wait that brings the request about; one, however often it is asked.

        Where the inventory cannot be read now, the next `tick` orders it.
        """
        try:
            run = self._run(request, f"request/{request.id}", self.now())
        except InventoryInvalid as error:
            _log.warning("request %s has no run yet: %s", request.id, error)
            return self._get(request.id)
        if not self.store.queue.enqueue(run):
            return self._get(request.id)
        self.nudge()
        try:
            return self._moved(request, Act.BEGIN, "", run=run.id)
        except RequestStale:
            return self._get(request.id)  # the run was faster

    def _run(self, request: Request, key: str, due: datetime) -> Run:
        """A run that does what the request is about. Raises `InventoryInvalid`."""
        order = order_for(request, self.load())
        return waiting_run(order, self.now(), priority=MANUAL, due=due, dedupe_key=key)

    def after_run(self, run_id: str) -> int:
        """Move on the requests that a run which has ended tells of; how many.

        A run that began before a request was recorded knows nothing of it; its own run
        began after, whatever a sandbox's clock says.
        """
        run = self.store.runs.get(run_id)
        if run is None or run.mode != "apply" or not run.status.is_final:
            return 0
        concerned = [
            one
            for one in self.store.requests.in_work(EVERYTHING)
            if (not run.municipalities or one.municipality in run.municipalities)
            and one.recorded is not None
            and (_is_own(one, run) or one.recorded <= run.started)
        ]
        if not concerned:
            return 0
        evidence = Evidence.of(self.store, run)
        towns = {one.slug: one for one in self.load().municipalities}
        moved = 0
        for one in concerned:
            domain = towns[one.municipality].domain if one.municipality in towns else ""
            verdict = verdict_of(one, resources_of(one.wish, domain), evidence)
            if verdict is not None:
                moved += self._followed(one, run, verdict)
        return moved

    def _followed(self, request: Request, run: Run, verdict: Verdict) -> bool:
        try:
            moved = self._moved(
                request, verdict.act, verdict.reason, verdict.waits_for, run=run.id
            )
        except RequestStale:
            return False
        if verdict.act is Act.WAIT and _is_own(request, run):
            later = verdict.next_look or self.now() + _REST
            again = self._run(moved, f"request/{request.id}/after/{run.id}", later)
            self.store.queue.enqueue(again)
        return moved.version != request.version

    def _get(self, request_id: str) -> Request:
        found = self.store.requests.get(request_id, EVERYTHING)
        if found is None:
            raise RequestUnknown(f"There is no request {request_id}.")
        return found

    def _moved(
        self,
        request: Request,
        act: Act,
        reason: str,
        waits_for: WaitsFor = WaitsFor.NOTHING,
        *,
        commit: str = "",
        run: str = "",
    ) -> Request:
        """The request one step on; as it was where the step would say nothing new."""
        moved, step = move(
            request,
            act,
            MACHINE,
            self.now(),
            reason,
            waits_for=waits_for,
            commit=commit,
            run=run,
        )
        if _same(request, moved) and act is not Act.BEGIN:
            return request
        self.store.requests.save(moved, step, entry_of(moved, step))
        return moved


def _is_own(request: Request, run: Run) -> bool:
    """Whether a run was ordered for this request."""
    return run.id == request.run or (run.dedupe_key or "").startswith(
        f"request/{request.id}"
    )


def _same(before: Request, after: Request) -> bool:
    return (before.state, before.reason, before.waits_for) == (
        after.state,
        after.reason,
        after.waits_for,
    )


def _commission_of(request: Request, cluster: Cluster) -> Commission:
    """What the commit of a request says. Raises `RecordingHeld`."""
    slug = request.municipality
    towns = {one.slug: one for one in cluster.municipalities}
    if slug not in towns:
        raise RecordingHeld("invalid", f"The inventory has no municipality {slug}.")
    return Commission(
        request.id,
        towns[slug],
        request.wish,
        f"{slug}: {subject_of(request.wish)}",
        Identity(request.requester, request.mail),
        "policy" if request.automatic else request.decided_by,
    )


def subject_of(wish: Wish) -> str:
    """The first line of a commit, after the municipality."""
    match wish:
        case NewMailboxes(people=(one,)):
            return f"new mailbox {one.address}"
        case NewMailboxes():
            return f"{len(wish.people)} new mailboxes"
        case NewSharedMailbox():
            return f"new shared mailbox {wish.address}"
        case PersonChange():
            return f"change {', '.join(sorted(wish.fields))} of {wish.address}"
        case PersonLeaves():
            return f"{wish.address} leaves"
        case WebsiteChange():
            return f"change {', '.join(sorted(wish.fields))} of website {wish.website}"

"""A worker: makes the runs that wait, one after the other or a few at once, until told."""

from __future__ import annotations

import dataclasses
import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence

from provisioner.engine.blackout import block_at, next_open
from provisioner.engine.listener import Silence
from provisioner.engine.reconcile import reconcile
from provisioner.engine.run import Collaborators
from provisioner.engine.scope import Order
from provisioner.engine.stopping import Stop
from provisioner.errors import ProvisionerError, RunInProgress, StoreError
from provisioner.model.report import Report
from provisioner.model.run import Run, RunStatus, is_errand
from provisioner.service.errands import carry_out
from provisioner.service.logs import within_run
from provisioner.service.orders import order_of_run, sweep, try_again
from provisioner.service.parts import settle
from provisioner.service.queue.port import Queue
from provisioner.service.zoning import own_part
from provisioner.store import Store
from provisioner.store.parts import is_part
from provisioner.store.run_queue import Claim

_log = logging.getLogger(__name__)
_SWEEP = 2.0  # seconds between two looks for runs that nobody will end
_HERE = 10.0
SHUTDOWN = "the service is being stopped"


def worker_name() -> str:
    """This process as others see it."""
    return f"{socket.gethostname()}/{os.getpid()}"


class Worker:
    """Makes the runs that its queue tells of.

    `keep` gets the report of each run, `after` its id when it has ended. A run that raises
    whatever it raises ends `failed` with its reason, and the worker goes on.
    """

    def __init__(
        self,
        store: Store,
        given: Collaborators,
        queue: Queue,
        *,
        keep: Callable[[Report], None],
        zones: Sequence[str] = ("",),
        name: str = "",
        after: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._after = after
        self.name = name or worker_name()
        self.zones = tuple(zones)
        self._store = store
        self._given = given
        self._queue = queue
        self._keep = keep
        self._ending = threading.Event()
        self._hands: set[Stop] = set()
        self._parted: set[str] = set()  # runs in hand of which other zones make parts
        self._mutex = threading.Lock()

    def stop(self) -> None:
        """End soon: runs in hand finish the change they are at. From any thread."""
        self._ending.set()
        self._queue.stop()
        with self._mutex:
            hands = list(self._hands)
        for one in hands:
            one.request(SHUTDOWN)

    def nudge(self) -> None:
        """There may be something in the queue: look now."""
        self._queue.nudge()

    def drain(self) -> int:
        """Do what is due, one run after the other, and end; how many runs that were."""
        done = 0
        sweep(self._store, self._given.now())
        while not self._ending.is_set():
            claim = self._claim()
            if claim is None:
                break
            self.execute(claim)
            done += 1
        return done

    def serve(self) -> None:
        """Make runs until `stop`; a store that cannot be reached is waited for."""
        patrol = threading.Thread(target=self._patrol, name="patrol", daemon=True)
        patrol.start()
        self._queue.serve(self.take)
        self._ending.set()
        patrol.join()
        try:
            self._store.workers.gone(self.name)
        except StoreError as error:
            _log.warning("could not sign off: %s", error)

    def take(self, run_id: str) -> None:
        """Make this run, if it can be had."""
        if self._ending.is_set():
            return
        claim = self._claim(run_id)
        if claim is not None:
            self.execute(claim)

    def _claim(self, run_id: str = "") -> Claim | None:
        seconds = self._given.lease_seconds
        return self._store.queue.claim(
            self.name, seconds, zones=self.zones, run_id=run_id
        )

    def _patrol(self) -> None:
        """Say that we are here, and sweep up after those that are not."""
        since_word = _HERE
        while True:
            try:
                if since_word >= _HERE:
                    self._store.workers.here(self.name, self.zones)
                    since_word = 0.0
                if sweep(self._store, self._given.now()):
                    self._queue.nudge()
            except StoreError as error:
                _log.error("the store cannot be swept: %s", error)
            if self._ending.wait(_SWEEP):
                return
            since_word += _SWEEP

    def execute(self, claim: Claim) -> None:
        """Make one run; whatever happens, it ends in its row."""
        stop, run_id = Stop(), claim.run.id
        given = dataclasses.replace(
            self._given,
            claim=claim,
            stop=stop,
            listener=Silence(),
            zones=self.zones,
        )
        with self._mutex:
            self._hands.add(stop)
        if self._ending.is_set():
            stop.request(SHUTDOWN)
        try:
            with within_run(run_id):
                self._make(claim, given)
        finally:
            with self._mutex:
                self._hands.discard(stop)
        self._settle(claim.run, handed_on=stop.reason == SHUTDOWN)
        self._tell_of(run_id)

    def _make(self, claim: Claim, given: Collaborators) -> None:
        run_id = claim.run.id
        _log.info("run %s: %s begins", run_id, claim.run.mode)
        try:
            if is_errand(claim.run.mode):
                with claim.lease.kept(lambda: self._glance(run_id, given.stop)):
                    carry_out(self._store, claim.run, given)
                return
            if self._is_too_early(claim):
                return
            # Its own heart beats before the run has one: loading may take a while.
            with claim.lease.kept():
                order = self._order(claim.run, given)
                if order is None:
                    _log.info("run %s: all of it is in other zones", run_id)
                    self._close(claim, RunStatus.SUCCEEDED, "")
                    return
                report = reconcile(order, given)
            self._keep(report)
            _log.info("run %s: ended with exit code %d", run_id, report.exit_code)
        except RunInProgress as error:
            _log.info("run %s waits: %s", run_id, error)
        except ProvisionerError as error:
            _log.error("run %s: %s", run_id, error)
            self._close(claim, RunStatus.REFUSED, str(error))
        except BaseException as error:
            # Also what ends a thread: a row that nobody closes would look alive.
            _log.exception("run %s broke off", run_id)
            self._close(claim, RunStatus.FAILED, str(error) or type(error).__name__)
            if isinstance(error, KeyboardInterrupt):
                raise

    def _order(self, run: Run, given: Collaborators) -> Order | None:
        cluster = given.load()
        if given.open_hosts is None or not cluster.hosts:
            return order_of_run(run)
        order = own_part(self._store, run, cluster, self.zones, given.now())
        if order is None or (order.part and not run.zone):
            self._parted.add(run.id)
        return order

    def _is_too_early(self, claim: Claim) -> bool:
        """Put a run that would write back to wait where all of it is in a blackout.

        Where only some of its municipalities are, the run holds those back itself.
        """
        if claim.run.mode != "apply" or claim.run.override:
            return False
        order, now = order_of_run(claim.run), self._given.now()
        calendar = self._given.load().calendar
        slugs = order.municipalities or ("",)
        blocks = [block_at(calendar, now, slug) for slug in slugs]
        if not all(blocks):
            return False
        opens = min(next_open(calendar, now, slug) for slug in slugs)
        self._store.runs.add_event(
            claim.run.id, "blackout", f"Put off: {blocks[0] and blocks[0].reason}."
        )
        return self._store.queue.postpone(claim.lease, opens)

    def _glance(self, run_id: str, stop: Stop) -> None:
        """Pass on that somebody has asked an errand to stop; a walk looks for itself."""
        if by := self._store.queue.stopper(run_id):
            stop.request(f"cancelled by {by}")

    def _close(self, claim: Claim, status: RunStatus, reason: str) -> None:
        """End the row of a run that did not get so far as to do it itself."""
        try:
            run = self._store.runs.get(claim.run.id)
            if run is not None and run.status.is_held:
                self._store.runs.finish(
                    run.id, status, {"reason": reason}, fence=claim.lease.fence
                )
        except StoreError as error:
            # Nobody renews its lease: it will be given up, and repeated.
            _log.error("run %s cannot be closed: %s", claim.run.id, error)

    def _tell_of(self, run_id: str) -> None:
        """Let what follows from the end of a run follow; the next run tells of it again."""
        try:
            self._after(run_id)
        except ProvisionerError as error:
            _log.error("what follows from run %s: %s", run_id, error)
        except Exception:
            _log.exception("what follows from run %s", run_id)

    def _settle(self, was: Run, *, handed_on: bool) -> None:
        """Let a run that was stopped with us wait once more, and its whole know of it."""
        parted = was.id in self._parted or is_part(was)
        self._parted.discard(was.id)
        if not (handed_on or parted):
            return
        now = self._given.now()
        try:
            run = self._store.runs.get(was.id)
            if run is not None and handed_on and run.status is RunStatus.CANCELLED:
                try_again(self._store, run, now)
            if run is not None and parted:
                settle(self._store, run, now)
        except StoreError as error:
            _log.error("run %s cannot be handed on: %s", was.id, error)

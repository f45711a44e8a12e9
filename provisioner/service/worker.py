"""A worker: takes runs from the queue, one after the other or a few at once, until told."""

from __future__ import annotations

import dataclasses
import logging
import os
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from provisioner.engine.blackout import block_at, next_open
from provisioner.engine.listener import Silence
from provisioner.engine.reconcile import reconcile
from provisioner.engine.run import Collaborators
from provisioner.engine.stopping import Stop
from provisioner.errors import ProvisionerError, RunInProgress, StoreError
from provisioner.model.report import Report
from provisioner.model.run import RunStatus
from provisioner.service.orders import order_of_run, sweep, try_again
from provisioner.store import Store
from provisioner.store.run_queue import Claim

_log = logging.getLogger(__name__)
_IDLE = 0.5  # seconds between two looks into the queue
_SWEEP = 2.0
_HERE = 10.0
SHUTDOWN = "the service is being stopped"


def worker_name() -> str:
    """This process as others see it."""
    return f"{socket.gethostname()}/{os.getpid()}"


class Worker:
    """Takes the runs of its zones; `slots` at once.

    `keep` gets the report of each run. A run that raises whatever it raises ends `failed`
    with its reason, and the worker goes on.
    """

    def __init__(
        self,
        store: Store,
        given: Collaborators,
        *,
        keep: Callable[[Report], None],
        zones: Sequence[str] = ("",),
        slots: int = 1,
        name: str = "",
    ) -> None:
        self.name = name or worker_name()
        self.zones = tuple(zones)
        self._store = store
        self._given = given
        self._keep = keep
        self._slots = slots
        self._ending = threading.Event()
        self._wake = threading.Event()
        self._hands: dict[Future[None], Stop] = {}
        self._hand_mutex = threading.Lock()

    def stop(self) -> None:
        """End soon: runs in hand finish the change they are at. From any thread."""
        self._ending.set()
        self._wake.set()
        with self._hand_mutex:
            hands = list(self._hands.values())
        for one in hands:
            one.request(SHUTDOWN)

    def nudge(self) -> None:
        """There may be something in the queue: look now."""
        self._wake.set()

    def drain(self) -> int:
        """Do what is due, one run after the other, and end; how many runs that were."""
        done = 0
        sweep(self._store, self._given.now())
        while not self._ending.is_set():
            claim = self._claim()
            if claim is None:
                break
            self.execute(claim, Stop())
            done += 1
        return done

    def serve(self) -> None:
        """Take runs until `stop`; a store that cannot be reached is waited for."""
        patrol = threading.Thread(target=self._patrol, name="patrol", daemon=True)
        patrol.start()
        with ThreadPoolExecutor(self._slots, thread_name_prefix="run") as pool:
            while not self._ending.is_set():
                try:
                    busy = self._take_up(pool)
                except StoreError as error:
                    _log.error("the queue cannot be read: %s", error)
                    busy = False
                if not busy:
                    self._wake.wait(_IDLE)
                    self._wake.clear()
        patrol.join()
        try:
            self._store.workers.gone(self.name)
        except StoreError as error:
            _log.warning("could not sign off: %s", error)

    def _take_up(self, pool: ThreadPoolExecutor) -> bool:
        """Begin one run if there is a hand free for it; whether it was so."""
        with self._hand_mutex:
            if len(self._hands) >= self._slots:
                return False
        claim = self._claim()
        if claim is None:
            return False
        stop = Stop()
        with self._hand_mutex:
            hand = pool.submit(self.execute, claim, stop)
            self._hands[hand] = stop
        hand.add_done_callback(self._free)
        if self._ending.is_set():
            stop.request(SHUTDOWN)
        return True

    def _free(self, hand: Future[None]) -> None:
        with self._hand_mutex:
            self._hands.pop(hand, None)
        self._wake.set()

    def _claim(self) -> Claim | None:
        seconds = self._given.lease_seconds
        return self._store.queue.claim(self.name, seconds, zones=self.zones)

    def _patrol(self) -> None:
        """Say that we are here, and sweep up after those that are not."""
        since_word = _HERE
        while True:
            try:
                if since_word >= _HERE:
                    self._store.workers.here(self.name, self.zones)
                    since_word = 0.0
                if sweep(self._store, self._given.now()):
                    self._wake.set()
            except StoreError as error:
                _log.error("the store cannot be swept: %s", error)
            if self._ending.wait(_SWEEP):
                return
            since_word += _SWEEP

    def execute(self, claim: Claim, stop: Stop) -> None:
        """Make one run; whatever happens, it ends in its row."""
        given = dataclasses.replace(
            self._given, claim=claim, stop=stop, listener=Silence()
        )
        run_id = claim.run.id
        try:
            if self._is_too_early(claim):
                return
            # Its own heart beats before the run has one: loading may take a while.
            with claim.lease.kept():
                report = reconcile(order_of_run(claim.run), given)
            self._keep(report)
        except RunInProgress as error:
            _log.info("run %s waits: %s", run_id, error)
        except ProvisionerError as error:
            _log.error("run %s: %s", run_id, error)
            self._close(claim, RunStatus.REFUSED, str(error))
        except Exception as error:
            _log.exception("run %s broke off", run_id)
            self._close(claim, RunStatus.FAILED, str(error) or type(error).__name__)
        if stop.reason == SHUTDOWN:
            self._hand_on(run_id)

    def _is_too_early(self, claim: Claim) -> bool:
        """Put a run that would write back to wait where all of it is in a blackout.

        Where only some of its municipalities are, the run holds those back itself.
        """
        order, now = order_of_run(claim.run), self._given.now()
        if order.mode != "apply" or order.urgent:
            return False
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

    def _hand_on(self, run_id: str) -> None:
        try:
            run = self._store.runs.get(run_id)
            if run is not None and run.status is RunStatus.CANCELLED:
                try_again(self._store, run, self._given.now())
        except StoreError as error:
            _log.error("run %s cannot be handed on: %s", run_id, error)

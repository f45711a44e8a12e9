"""The one clock: whoever holds the office lets schedules fall due, and only enqueues."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from apscheduler.executors.pool import (  # type: ignore[import-untyped]
    ThreadPoolExecutor,
)
from apscheduler.jobstores.memory import MemoryJobStore  # type: ignore[import-untyped]
from apscheduler.schedulers.background import (  # type: ignore[import-untyped]
    BackgroundScheduler,
)

from provisioner.errors import InventoryInvalid, RunInProgress, StoreError
from provisioner.model.cluster import Cluster
from provisioner.model.schedule import Schedule
from provisioner.service.enqueue import Enqueuer
from provisioner.service.times import Times, next_times
from provisioner.store import Store
from provisioner.store.leaders import Office

_log = logging.getLogger(__name__)
OFFICE = "scheduler"
_TIDY = 6 * 3600.0  # seconds
_RELOAD = 60.0  # seconds between two looks at the inventory


class Leader:
    """Runs for the office; while it has it, a scheduler is up. `serve` is its thread.

    `nudge` is called after something was put into the queue, `tidy` now and then to forget
    what is old.
    """

    def __init__(
        self,
        store: Store,
        load: Callable[[], Cluster],
        now: Callable[[], datetime],
        *,
        owner: str,
        lease_seconds: float = 15.0,
        nudge: Callable[[], None] = lambda: None,
        tidy: Callable[[], object] = lambda: None,
        hosts: bool = True,
    ) -> None:
        self._store = store
        self._load = load
        self._now = now
        self._owner = owner
        self._seconds = lease_seconds
        self._nudge = nudge
        self._tidy = tidy
        self._hosts = hosts
        self._tidied = -_TIDY
        self._tidying: threading.Thread | None = None
        self.fault = ""
        self._ending = threading.Event()
        self._office: Office | None = None
        self._clock: BackgroundScheduler | None = None
        self._digest = ""
        self._loaded = 0.0
        self._unsound = ""

    @property
    def epoch(self) -> int:
        """The epoch in which this one leads, 0 where it does not."""
        return self._office.epoch if self._office else 0

    def stop(self) -> None:
        self._ending.set()

    def serve(self) -> None:
        """Hold the office whenever it can be had, until `stop`."""
        while not self._ending.is_set():
            try:
                self.beat()
            except StoreError as error:
                _log.error("the office of %s cannot be kept: %s", OFFICE, error)
                self._step_down()
            except Exception as error:
                self._tell_once(error)
            self._ending.wait(self._seconds / 3)
        office = self._office
        self._step_down()
        if office is not None:
            try:
                self._store.leaders.resign(office)
            except StoreError as error:
                _log.warning("the office ends by itself: %s", error)

    def _tell_once(self, error: Exception) -> None:
        """Whatever it is: a leader that died would let nothing fall due any more."""
        told = f"{type(error).__name__}: {error}"
        if told != self.fault:
            _log.exception("schedules do not fall due")
        self.fault = told

    def beat(self) -> None:
        """Keep the office, or try to get it; and follow the inventory."""
        office = self._office
        if office is not None and not self._store.leaders.keep(office):
            _log.error("lost the office of %s to another process", OFFICE)
            self._step_down()
        if self._office is None:
            self._office = self._store.leaders.take(OFFICE, self._owner, self._seconds)
            if self._office is not None:
                _log.info("leads in epoch %d", self._office.epoch)
        if self._office is not None:
            self._follow_inventory()
            self._tidy_up()

    def _tidy_up(self) -> None:
        """Now and then, and beside the office: years of runs take longer than a lease."""
        since = time.monotonic() - self._tidied
        if since >= _TIDY and not (self._tidying and self._tidying.is_alive()):
            self._tidied = time.monotonic()
            self._tidying = threading.Thread(
                target=self._tidy_quietly, name="tidying", daemon=True
            )
            self._tidying.start()

    def _tidy_quietly(self) -> None:
        try:
            self._tidy()
        except StoreError as error:
            _log.warning("not everything old is forgotten: %s", error)

    def _follow_inventory(self) -> None:
        # By the clock that does not jump: the other one may be set back by years.
        if self._clock and time.monotonic() - self._loaded < _RELOAD:
            return
        self._loaded = time.monotonic()
        try:
            cluster = self._load()
        except InventoryInvalid as error:
            # The schedules that are known go on; `check` tells the rest.
            _log.error("the inventory has faults, schedules stay: %s", error)
            self.fault = f"The inventory has {len(error.faults)} fault(s)."
            return
        if self._clock is None or cluster.digest != self._digest:
            self._digest = cluster.digest
            self._wind_up(cluster)
        self.fault = self._unsound
        # What fell due while nobody led, or while the machine slept.
        for job in self._clock.get_jobs() if self._clock else ():
            self._fall_due(*job.args)

    def _wind_up(self, cluster: Cluster) -> None:
        if self._clock is not None:
            self._clock.shutdown(wait=False)
        clock = BackgroundScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(1)},
            timezone="UTC",
        )
        zone, self._unsound = cluster.calendar.time_zone, ""
        for schedule in cluster.schedules:
            if not self._is_sound(schedule, zone):
                continue
            clock.add_job(
                self._fall_due,
                Times(schedule, zone),
                args=(cluster, schedule),
                id=schedule.name,
                misfire_grace_time=None,  # late is dealt with by the schedule's own grace
                coalesce=True,
                max_instances=1,
            )
        self._clock = clock
        clock.start()

    def _is_sound(self, schedule: Schedule, zone: str) -> bool:
        """Whether its times can be told; one that has none holds no other up."""
        try:
            next_times(schedule, zone, self._now(), 1)
        except Exception as error:
            self._unsound = f"The schedule {schedule.name} has no times: {error}."
            _log.exception("schedule %s has no times", schedule.name)
            return False
        return True

    def _fall_due(self, cluster: Cluster, schedule: Schedule) -> None:
        office = self._office
        if office is None:
            return
        put = Enqueuer(
            self._store,
            cluster,
            lambda run: self._store.leaders.enqueue(office, run),
            self._hosts,
        )
        try:
            if put.tick(schedule, self._now()):
                self._nudge()
        except RunInProgress as error:
            _log.error("%s", error)
        except StoreError as error:
            # Its time is not written down: the next look finds it again.
            _log.error("schedule %s: %s", schedule.name, error)

    def _step_down(self) -> None:
        self._office = None
        clock, self._clock = self._clock, None
        if clock is not None:
            clock.shutdown(wait=False)

"""From a schedule that is due to the runs that wait for it: each occurrence once."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from provisioner.engine.blackout import next_open
from provisioner.engine.places import split, zones_of_errand
from provisioner.engine.scope import Order
from provisioner.model.cluster import Cluster
from provisioner.model.run import Run, is_errand
from provisioner.model.schedule import Schedule
from provisioner.service.orders import waiting_errand, waiting_run
from provisioner.service.times import due_times, occurrence
from provisioner.store import Store

_log = logging.getLogger(__name__)
_SCHEDULED = 50
_WRITING = 40
"""Priorities: whoever looks comes before whoever writes, or nobody would see for hours."""

Put = Callable[[Run], bool]


@dataclass(frozen=True)
class Enqueuer:
    """Puts due schedules into the queue; `put` is the leader's way to enqueue.

    Without `hosts` there are none to look at: a sandbox without a lab.
    """

    store: Store
    cluster: Cluster
    put: Put
    hosts: bool = True

    def tick(self, schedule: Schedule, now: datetime) -> list[Run]:
        """Deal with what is due of a schedule by now; the runs that wait for it.

        1. Of all occurrences since the last one only the newest counts.
        2. One that is later than its grace is made once, or not at all, as it says.
        3. What writes waits until writing is let, as long as its grace lasts.
        """
        zone = self.cluster.calendar.time_zone
        last = self.store.schedules.last_fired(schedule.name)
        if last is None:
            # A new schedule begins with its next time, not with all that it never had.
            self.store.schedules.fired(schedule.name, now)
            return []
        due = due_times(schedule, zone, last, now)
        if not due:
            return []
        newest, missed = due[-1], len(due) - 1
        if missed:
            _log.warning("schedule %s: %d time(s) missed", schedule.name, missed)
        runs: list[Run] = []
        late = now - newest > timedelta(minutes=schedule.grace)
        if not (late and schedule.catch_up == "skip"):
            begin = now if late else newest
            runs = [run for run in self._runs(schedule, newest, begin, now)]
        waiting = [run for run in runs if self._enqueue(run)]
        self.store.schedules.fired(schedule.name, newest)
        return waiting

    def _enqueue(self, run: Run) -> bool:
        if not self.put(run):
            return False
        for old in self.store.queue.supersede(run.schedule, run.id):
            _log.info("run %s waits in place of %s", run.id, old)
        return True

    def _runs(
        self, schedule: Schedule, moment: datetime, begin: datetime, now: datetime
    ) -> list[Run]:
        slugs = schedule.municipalities
        if schedule.each == "cluster":
            return self._one(schedule, slugs, "", moment, begin, now)
        every = slugs or tuple(one.slug for one in self.cluster.municipalities)
        return [
            run
            for slug in every
            for run in self._one(
                schedule,
                (slug,),
                slug,
                moment,
                begin + share(schedule.name, slug, schedule.spread),
                now,
            )
        ]

    def _one(
        self,
        schedule: Schedule,
        slugs: tuple[str, ...],
        slug: str,
        moment: datetime,
        begin: datetime,
        now: datetime,
    ) -> list[Run]:
        not_after = begin + timedelta(minutes=schedule.grace)
        if schedule.what == "apply":
            opens = next_open(self.cluster.calendar, begin, slug)
            if opens > begin and opens - begin > timedelta(days=7):
                _log.warning("schedule %s: writing is not let for long", schedule.name)
                return []
            if opens > begin:
                begin = opens + share(schedule.name, slug, schedule.spread)
                not_after = begin + timedelta(minutes=schedule.grace)
        key = occurrence(schedule, self.cluster.calendar.time_zone, moment)
        tail = f"/{slug}" if slug else ""
        return [
            msgspec.structs.replace(
                run,
                priority=_WRITING if schedule.what == "apply" else _SCHEDULED,
                due=begin,
                not_after=not_after,
                # Runs of one schedule in two zones wait beside each other.
                schedule=_in_zone(f"{schedule.name}{tail}", run),
                dedupe_key=_in_zone(f"{key}{tail}", run),
            )
            for run in self._asked(schedule, slugs, now)
        ]

    def _asked(
        self, schedule: Schedule, slugs: tuple[str, ...], now: datetime
    ) -> list[Run]:
        actor = f"schedule {schedule.name}"
        if is_errand(schedule.what):
            zones = zones_of_errand(schedule.what, slugs, self.cluster)
            return [
                waiting_errand(schedule.what, now, slugs, actor, zone=zone)
                for zone in (self.hosts and zones) or ("",)
            ]
        order = Order(
            schedule.what,
            slugs,
            schedule.kinds,
            full=schedule.full,
            refresh=0,
            actor=actor,
            zone=schedule.zone or None,
        )
        parts = split(order, self.cluster) if self.hosts else [order]
        return [waiting_run(one, now) for one in parts]


def _in_zone(name: str, run: Run) -> str:
    return f"{name}@{run.zone}" if run.zone else name


def share(schedule: str, slug: str, minutes: int) -> timedelta:
    """When in the spread a municipality has its turn: always the same, evenly laid out."""
    if not minutes or not slug:
        return timedelta(0)
    number = hashlib.sha256(f"{schedule}/{slug}".encode()).digest()[:8]
    return timedelta(minutes=minutes) * (int.from_bytes(number) / 2**64)

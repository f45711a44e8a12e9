"""Schedules with their next times, and when nothing may be written."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct

from provisioner.model.cluster import Cluster
from provisioner.model.schedule import Block, Calendar
from provisioner.service.preview import Preview, blocked_now, preview
from provisioner.store import Store

_TIMES = 5


class Timetable(Struct, frozen=True):
    """All schedules, the calendar they keep to, and what blocks writing now."""

    schedules: tuple[Preview, ...]
    calendar: Calendar
    blocked: Block | None


def timetable(store: Store, cluster: Cluster, now: datetime) -> Timetable:
    """The timetable as of `now`."""
    return Timetable(
        tuple(
            msgspec.structs.replace(
                preview(cluster, one, now, _TIMES),
                last_fired=store.schedules.last_fired(one.name),
            )
            for one in cluster.schedules
        ),
        cluster.calendar,
        blocked_now(cluster, now),
    )

"""What schedules will do: their next times, and what would block them."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from provisioner.engine.blackout import block_at, next_open
from provisioner.model.cluster import Cluster
from provisioner.model.schedule import Block, Schedule
from provisioner.service.times import next_times


class Time(Struct, frozen=True):
    """One time of a schedule (UTC), and what would hold its writes back, "" for nothing."""

    at: datetime
    blocked_by: str = ""
    until: datetime | None = None


class Preview(Struct, frozen=True):
    """A schedule in words, with its next times."""

    name: str
    what: str
    meaning: str
    times: tuple[Time, ...]
    last_fired: datetime | None = None


def preview(
    cluster: Cluster, schedule: Schedule, now: datetime, count: int = 5
) -> Preview:
    """The next `count` times of a schedule."""
    zone = cluster.calendar.time_zone
    return Preview(
        schedule.name,
        schedule.what,
        meaning(schedule),
        tuple(
            _time(cluster, schedule, moment)
            for moment in next_times(schedule, zone, now, count)
        ),
    )


def blocked_now(cluster: Cluster, now: datetime) -> Block | None:
    """Why nothing may be written anywhere now, or None."""
    return block_at(cluster.calendar, now, "")


def _time(cluster: Cluster, schedule: Schedule, moment: datetime) -> Time:
    """A time, and the one at which it can begin: no block follows upon another then."""
    if schedule.what != "apply":
        return Time(moment)
    calendar, slugs = cluster.calendar, schedule.municipalities or ("",)
    blocks = [block_at(calendar, moment, slug) for slug in slugs]
    first = blocks[0]
    if first is None or not all(blocks):
        return Time(moment)
    opens = min(next_open(calendar, moment, slug) for slug in slugs)
    return Time(moment, first.reason, opens)


def meaning(schedule: Schedule) -> str:
    """The times of a schedule in words."""
    if schedule.every is not None:
        hours, minutes = divmod(schedule.every, 60)
        when = f"every {hours} h {minutes:02d} min" if minutes else f"every {hours} h"
        when = when if hours else f"every {minutes} min"
    else:
        when = f"at {schedule.at} on {', '.join(schedule.days) or 'every day'}"
    for whom in (schedule.municipalities, schedule.kinds):
        if whom:
            when += f", {', '.join(whom)}"
    if schedule.each == "municipality":
        when += f", each municipality by itself over {schedule.spread} min"
    return when

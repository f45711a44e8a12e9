"""The times of a schedule, as a trigger of APScheduler: the same for looking and for doing.

An interval counts from the epoch in UTC, so that it is the same after every restart and
knows no clock change. A time of day is local and comes once for each local date: in the
night that has 01:30 twice the second one is none, and where 02:30 is left out it comes at
03:30. APScheduler's own cron trigger fires twice in the one night, and after the other one
leaves out what lies in the first hour of the next day (3.11.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]

from provisioner.model.schedule import DAYS, Schedule

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT = timedelta(microseconds=1)


class Times(BaseTrigger):  # type: ignore[misc]
    """The times of one schedule."""

    def __init__(self, schedule: Schedule, time_zone: str) -> None:
        self._schedule = schedule
        self._zone = ZoneInfo(time_zone)

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime:
        """The first time not before `now` and after the previous one (UTC)."""
        moment = now.astimezone(UTC)
        if previous_fire_time is not None:
            moment = max(moment, previous_fire_time.astimezone(UTC) + _MOMENT)
        return self._interval(moment) if self._schedule.every else self._daily(moment)

    def _interval(self, moment: datetime) -> datetime:
        length = timedelta(minutes=self._schedule.every or 1)
        return _EPOCH - (_EPOCH - moment) // length * length

    def _daily(self, moment: datetime) -> datetime:
        at = time.fromisoformat(self._schedule.at)
        day = moment.astimezone(self._zone).date() - timedelta(days=1)
        while True:
            found = datetime.combine(day, at, self._zone).astimezone(UTC)
            wanted = (
                not self._schedule.days or DAYS[day.weekday()] in self._schedule.days
            )
            if wanted and found >= moment:
                return found
            day += timedelta(days=1)


def fire_times(
    schedule: Schedule, time_zone: str, after: datetime
) -> Iterator[datetime]:
    """The times (UTC) after `after`, without end."""
    times, last = Times(schedule, time_zone), after
    while True:
        last = times.get_next_fire_time(None, last + _MOMENT)
        yield last


def next_times(
    schedule: Schedule, time_zone: str, after: datetime, count: int
) -> list[datetime]:
    """The next `count` times (UTC)."""
    return list(islice(fire_times(schedule, time_zone, after), count))


def due_times(
    schedule: Schedule, time_zone: str, after: datetime, now: datetime
) -> list[datetime]:
    """The times after `after` up to `now`; of a long standstill only the last thousand."""
    longest = timedelta(minutes=(schedule.every or 1440) * 1000)
    found: list[datetime] = []
    for moment in fire_times(schedule, time_zone, max(after, now - longest)):
        if moment > now:
            return found
        found.append(moment)
    raise AssertionError("fire times have no end")


def occurrence(schedule: Schedule, time_zone: str, moment: datetime) -> str:
    """What names one occurrence for ever: its moment, or its local date where it is daily."""
    if schedule.every is not None:
        return f"{schedule.name}/{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
    return f"{schedule.name}/{moment.astimezone(ZoneInfo(time_zone)).date()}"

"""When nothing may be written: rest, holidays, freezes, and the time outside of windows.

Times are compared in UTC: two local times of one zone are compared by their hands alone,
which is wrong in the nights of clock change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from provisioner.kind import Scope
from provisioner.model.plan import Plan, Refusal
from provisioner.model.schedule import DAYS, Block, Calendar, Rest, Window

BLACKOUT = "blackout"
"""The guard's name in refusals."""
_SATURDAY = 5
_ABOUT = range(-2, 4)  # days around a moment in which a rest that holds it may end
_LONGEST_LOOK = 60  # blocks in a row; more is a calendar that is never open


def block_at(calendar: Calendar, moment: datetime, slug: str = "") -> Block | None:
    """What forbids writing in a municipality (or the cluster, "") at `moment`, or None."""
    moment = moment.astimezone(UTC)
    zone = ZoneInfo(calendar.time_zone)
    for start, end, reason in _closed(calendar, moment, zone, slug):
        if start <= moment < end:
            return Block(reason, end)
    return _outside(calendar.windows, moment, zone)


def next_open(calendar: Calendar, moment: datetime, slug: str = "") -> datetime:
    """The first moment from `moment` on at which writing is let.

    A calendar that has none in its next sixty blocks is told by the end of the last one.
    """
    for _ in range(_LONGEST_LOOK):
        block = block_at(calendar, moment, slug)
        if block is None:
            break
        moment = block.until
    return moment


@lru_cache(maxsize=16)
def holidays_of(year: int) -> dict[date, str]:
    """The public holidays of Israel in a year, with their English names."""
    import holidays

    found = holidays.country_holidays("IL", years=year, language="en_US")
    return dict(found.items())


def hold_back(plans: Mapping[str, Plan], scope: Scope) -> dict[str, Plan]:
    """The plans, those held back in whose municipality nothing may be written now."""
    held = {}
    for slug, plan in plans.items():
        block = block_at(scope.cluster.calendar, scope.now, slug)
        if block is not None and plan.changes:
            refusal = _refusal(slug, block, scope.cluster.calendar)
            plan = msgspec.structs.replace(plan, refusals=(*plan.refusals, refusal))
        held[slug] = plan
    return held


def _refusal(slug: str, block: Block, calendar: Calendar) -> Refusal:
    until = block.until.astimezone(ZoneInfo(calendar.time_zone))
    return Refusal(
        BLACKOUT,
        slug,
        "",
        f"Nothing is written now: {block.reason}, until {until:%Y-%m-%d %H:%M}.",
        "Run it later, or give --urgent with the reason.",
        waits=True,
    )


Span = tuple[datetime, datetime, str]


def _closed(
    calendar: Calendar, moment: datetime, zone: ZoneInfo, slug: str
) -> Iterator[Span]:
    today = moment.astimezone(zone).date()
    if calendar.rest is not None:
        for offset in _ABOUT:
            yield from _rest(calendar.rest, today + timedelta(offset), zone)
    for one in calendar.freezes:
        if not one.municipalities or slug in one.municipalities:
            after = one.last + timedelta(days=1)
            midnight = time(0)
            yield _at(one.first, midnight, zone), _at(after, midnight, zone), one.name


def _rest(rest: Rest, day: date, zone: ZoneInfo) -> Iterator[Span]:
    name = "Sabbath" if day.weekday() == _SATURDAY else ""
    if rest.holidays:
        name = holidays_of(day.year).get(day, name)
    if name:
        eve = _at(day - timedelta(days=1), _hour(rest.eve), zone)
        yield eve, _at(day, _hour(rest.until), zone), name


def _outside(
    windows: Iterable[Window], moment: datetime, zone: ZoneInfo
) -> Block | None:
    today = moment.astimezone(zone).date()
    spans = [
        span
        for one in windows
        for offset in range(-1, 9)
        for span in _window(one, today + timedelta(offset), zone)
    ]
    if not spans or any(start <= moment < end for start, end in spans):
        return None
    opens = min(start for start, _ in spans if start > moment)
    return Block("outside of the maintenance windows", opens)


def _window(
    one: Window, day: date, zone: ZoneInfo
) -> Iterator[tuple[datetime, datetime]]:
    if one.days and DAYS[day.weekday()] not in one.days:
        return
    start, end = _hour(one.start), _hour(one.end)
    last = day if start < end else day + timedelta(days=1)
    yield _at(day, start, zone), _at(last, end, zone)


def _hour(words: str) -> time:
    return time.fromisoformat(words)


def _at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)

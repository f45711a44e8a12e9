"""`calendar` and `schedules` in `cluster.yml`: when nothing is written, and what runs when.

Its defaults are those of `provisioner.model.schedule`, read from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, NamedTuple, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from provisioner.inventory.characters import shown
from provisioner.inventory.definition.words import (
    HOUR_PATTERN,
    Entry,
    RoleName,
    Slug,
    Text,
)
from provisioner.model import schedule as model
from provisioner.model.run import ERRANDS, Task

Hour = Annotated[str, StringConstraints(pattern=HOUR_PATTERN)]
_REST = model.Rest()
_MINUTES = {"m": 1, "h": 60, "d": 1440}
_CRON = re.compile(r"([0-5]?\d) ([01]?\d|2[0-3]) \* \* ([0-7]|\*)")
_LONGEST = 7 * 1440
_SHORTEST = 5
_HALF_DAY = 720
_DOES = {
    "backup_scan": "looks at the backups of municipalities",
    "backup_drill": "restores the backups of municipalities for a drill",
    "certificate_scan": "looks at the certificates of websites",
    "seat_forecast": "counts the seats of mailboxes",
    "digest": "tells each recipient what concerns them",
    "delta_refresh": "reads what changed in each tenant's directory",
    "full_read": "reads each tenant's whole directory",
}
_FOR_SOME = ("backup_scan", "backup_drill", "certificate_scan", "seat_forecast")


class Contradiction(NamedTuple):
    """A fault without its place."""

    code: str
    what: str
    remedy: str


def _wrong(code: str, what: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{what}", {"what": what, "remedy": remedy})


def _minutes(value: object) -> object:
    """`90m`, `2h` or `1d` in minutes."""
    words = str(value).strip()
    number, unit = words[:-1], words[-1:]
    if not number.isascii() or not number.isdigit() or unit not in _MINUTES:
        raise _wrong(
            "bad-duration",
            f"{shown(words)} is no length of time.",
            _meant(words) or "Write a number and m, h or d: 30m, 1h, 1d.",
        )
    return int(number) * _MINUTES[unit]


def _meant(words: str) -> str:
    """What a line of cron asks for, in the words that are understood here."""
    cron = _CRON.fullmatch(words)
    if cron is None:
        return ""
    minute, hour, day = cron.groups()
    days = "" if day == "*" else f" and days: [{model.DAYS[int(day) - 1]}]"
    return (
        f'As cron it means at: "{int(hour):02d}:{int(minute):02d}"{days}; write that.'
    )


def _interval(value: int) -> int:
    if not _SHORTEST <= value <= _LONGEST:
        raise _wrong(
            "bad-interval",
            f"Every {value} minutes is too {'often' if value < _SHORTEST else 'seldom'}.",
            "Write 5m to 7d, or `at` with `days`.",
        )
    return value


def _zone(value: str) -> str:
    from zoneinfo import available_timezones

    if value not in available_timezones():
        raise _wrong(
            "unknown-time-zone",
            f"{shown(value)} is no time zone.",
            "Write an IANA name such as Asia/Jerusalem.",
        )
    return value


Minutes = Annotated[int, BeforeValidator(_minutes, json_schema_input_type=str)]
Interval = Annotated[
    int,
    BeforeValidator(_minutes, json_schema_input_type=str),
    AfterValidator(_interval),
]
TimeZone = Annotated[str, AfterValidator(_zone)]


class RestEntry(Entry):
    """The weekly rest, in which nothing is written."""

    eve: Hour = _REST.eve
    """When it begins on Friday, and on the day before a holiday."""
    until: Hour = _REST.until
    """When it ends on Saturday, and on the holiday."""
    holidays: bool = _REST.holidays
    """Whether the public holidays of Israel are days of rest."""


class FreezeEntry(Entry):
    """Days on which nothing is written."""

    name: Text
    """Why; shown to whoever waits."""
    first: date
    """First day, `YYYY-MM-DD`."""
    last: date
    """Last day, included."""
    municipalities: tuple[Slug, ...] = ()
    """Whom it holds for; left out, everybody."""

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> Self:
        if self.last < self.first:
            raise _wrong(
                "wrong-days",
                f"The freeze ends on {self.last}, before {self.first}.",
                "Swap them.",
            )
        return self


class WindowEntry(Entry):
    """Hours in which writing is let; outside of all windows it is not."""

    start: Hour
    """From, `HH:MM`."""
    end: Hour
    """Until; before the start, it is on the next day."""
    days: tuple[model.Day, ...] = ()
    """Days on which it begins; left out, every day."""

    @model_validator(mode="after")
    def _has_length(self) -> Self:
        if self.start == self.end:
            raise _wrong(
                "empty-window",
                f"The window from {self.start} to {self.end} has no length.",
                "Write another end; a window for the whole day is 00:00 to 23:59.",
            )
        return self


class CalendarEntry(Entry):
    """When nothing is written. Reading is always let."""

    time_zone: TimeZone = "Asia/Jerusalem"
    """IANA name of the zone in which all times here and in `schedules` are meant."""
    rest: RestEntry | None = None
    """The weekly rest and holidays; left out, there is none."""
    freezes: tuple[FreezeEntry, ...] = ()
    """Days without writes."""
    windows: tuple[WindowEntry, ...] = ()
    """Maintenance windows; left out, writing is let at any other time."""


class ScheduleEntry(Entry):
    """A run that begins by itself."""

    name: Slug
    """What it is called in lists."""
    what: Task
    """What is run: a walk through the steps, or an errand."""
    every: Interval | None = None
    """Again after this time: `15m`, `1h`. This, or `at`."""
    at: Hour | None = None
    """At this local time, `HH:MM`."""
    days: tuple[model.Day, ...] = ()
    """On these days, by name; left out, every day. Only with `at`."""
    municipalities: tuple[Slug, ...] = ()
    """For whom; left out, everybody."""
    kinds: tuple[RoleName, ...] = ()
    """Which kinds; left out, all."""
    each: Literal["cluster", "municipality"] = "cluster"
    """`municipality` makes a run for each, spread; `cluster` one for all, read in bulk."""
    full: bool = False
    """Read the whole directory, not only what changed."""
    grace: Minutes | None = None
    """How late it may begin; left out, its interval, or 12h with `at`."""
    catch_up: Literal["once", "skip"] = "once"
    """After a standstill longer than `grace`: run once, or wait for the next time."""
    spread: Minutes | None = None
    """Time over which the runs of `each: municipality` are spread; left out, half its
    interval, or 2h with `at`."""
    zone: Slug | None = None
    """Only what is on the hosts of this zone; left out, everything, and what is on the
    hosts of each zone by its own workers."""

    def contradictions(self) -> Iterator[Contradiction]:
        """What is wrong between its keys, each with what to do.

        They are no errors of the model, so that all the others are told beside them.
        """
        yield from self._times()
        suits = {"municipalities"} if self.what in _FOR_SOME else set()
        for key in ("municipalities", "kinds", "each", "full", "zone"):
            if self.what in ERRANDS and key in self.model_fields_set - suits:
                what = f"{self.what} {_DOES[self.what]}; `{key}` would have no meaning."
                yield Contradiction("no-meaning", what, f"Leave {key} out.")

    def _times(self) -> Iterator[Contradiction]:
        if self.every is not None and self.at is not None:
            what = f"`every` means each {self.every} minutes, `at` means once at {self.at}."
            yield Contradiction("no-time", what, "Give exactly one of every and at.")
        elif self.every is None and self.at is None:
            what = f"The schedule {self.name} has no time."
            yield Contradiction("no-time", what, "Give exactly one of every and at.")
        elif self.days and self.every is not None:
            what = (
                f"`every` means each {self.every} minutes, on all days; `days` would"
                " have no meaning."
            )
            yield Contradiction("no-time", what, "Leave days out, or write at.")

    def value(self) -> model.Schedule:
        """The schedule, with what was left out."""
        interval = self.every or 2 * _HALF_DAY
        half = min(interval // 2, 120)
        return model.Schedule(
            name=self.name,
            what=self.what,
            every=self.every,
            at=self.at or "",
            days=self.days,
            municipalities=self.municipalities,
            kinds=self.kinds,
            each=self.each,
            full=self.full,
            grace=min(interval, _HALF_DAY) if self.grace is None else self.grace,
            catch_up=self.catch_up,
            spread=half if self.spread is None else self.spread,
            zone=self.zone or "",
        )


def calendar_of(entry: CalendarEntry) -> model.Calendar:
    """The calendar of a valid entry."""
    return model.Calendar(
        entry.time_zone,
        model.Rest(**entry.rest.model_dump()) if entry.rest else None,
        tuple(model.Freeze(**one.model_dump()) for one in entry.freezes),
        tuple(model.Window(**one.model_dump()) for one in entry.windows),
    )

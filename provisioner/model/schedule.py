"""When runs begin by themselves, and when nothing may be written."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from provisioner.model.run import Task

Day = Literal[
    "sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"
]
DAYS: tuple[Day, ...] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
"""In the order of `date.weekday()`."""


class Schedule(Struct, frozen=True):
    """One run again and again: every so many minutes, or on days at a local time.

    `what` is the run's mode, or an errand. `each` says whether one run covers all that is
    named, or each municipality has its own, spread over `spread` minutes by a stable hash.
    `grace` is how many minutes late a run may begin; later, `catch_up` says whether it is
    made once or waits for its next time. `zone` keeps it to the hosts of that zone.
    """

    name: str
    what: Task
    every: int | None = None
    at: str = ""
    days: tuple[Day, ...] = ()
    municipalities: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    each: Literal["cluster", "municipality"] = "cluster"
    full: bool = False
    grace: int = 60
    catch_up: Literal["once", "skip"] = "once"
    spread: int = 0
    zone: str = ""


class Rest(Struct, frozen=True, gc=False):
    """The weekly rest, and with `holidays` each public holiday of Israel.

    It begins at `eve` of the day before and lasts until `until` of the day itself (local,
    `HH:MM`).
    """

    eve: str = "12:00"
    until: str = "20:30"
    holidays: bool = True


class Freeze(Struct, frozen=True):
    """Days, first and last included, on which nothing is written (an election, a move)."""

    name: str
    first: date
    last: date
    municipalities: tuple[str, ...] = ()


class Window(Struct, frozen=True):
    """Hours in which writing is let; an end before the start is on the next day."""

    start: str
    end: str
    days: tuple[Day, ...] = ()


class Calendar(Struct, frozen=True):
    """When nothing may be written: rest and freezes, and all that is outside of windows.

    Without windows the rest of the time is free. `time_zone` is an IANA name.
    """

    time_zone: str = "Asia/Jerusalem"
    rest: Rest | None = None
    freezes: tuple[Freeze, ...] = ()
    windows: tuple[Window, ...] = ()


class Block(Struct, frozen=True, gc=False):
    """Why nothing may be written now, and until when (UTC)."""

    reason: str
    until: datetime

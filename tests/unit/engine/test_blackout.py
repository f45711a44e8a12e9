"""When nothing may be written, to the minute, over holidays and clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from provisioner.engine.blackout import block_at, next_open
from provisioner.model.schedule import Calendar, Freeze, Rest, Window

ZONE = ZoneInfo("Asia/Jerusalem")
RESTING = Calendar(rest=Rest())


def local(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=ZONE).astimezone(UTC)


def shown(moment: datetime) -> str:
    return f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("moment", "reason", "until"),
    [
        ("2026-11-20T11:59", "", ""),
        ("2026-11-20T12:00", "Sabbath", "2026-11-21 20:30"),
        ("2026-11-21T20:29", "Sabbath", "2026-11-21 20:30"),
        ("2026-11-21T20:30", "", ""),
        ("2026-09-20T13:00", "Yom Kippur", "2026-09-21 20:30"),
        ("2026-09-21T20:29", "Yom Kippur", "2026-09-21 20:30"),
        ("2026-09-22T09:00", "", ""),
        # The Sabbath of the night in which the clock goes back an hour.
        ("2026-10-24T20:29", "Sabbath", "2026-10-24 20:30"),
        ("2026-03-27T11:59", "", ""),
        ("2026-03-27T12:00", "Sabbath", "2026-03-28 20:30"),
    ],
)
def test_rest_and_holidays(moment: str, reason: str, until: str) -> None:
    block = block_at(RESTING, local(moment))
    assert (block.reason if block else "") == reason
    assert (shown(block.until) if block else "") == until


def test_two_days_of_new_year_after_a_sabbath_are_one_rest() -> None:
    assert shown(next_open(RESTING, local("2026-09-11T12:00"))) == "2026-09-13 20:30"


def test_without_holidays_only_the_sabbath_rests() -> None:
    plain = Calendar(rest=Rest(holidays=False))
    assert block_at(plain, local("2026-09-21T10:00")) is None
    assert block_at(plain, local("2026-09-19T10:00")) is not None


def test_a_freeze_holds_for_whom_it_names_and_to_the_end_of_its_last_day() -> None:
    freeze = Freeze("elections", date(2026, 10, 1), date(2026, 10, 2), ("rameh",))
    calendar = Calendar(freezes=(freeze,))
    assert block_at(calendar, local("2026-10-02T23:59"), "karmiel") is None
    assert block_at(calendar, local("2026-10-02T23:59")) is None
    block = block_at(calendar, local("2026-10-02T23:59"), "rameh")
    assert block is not None
    assert (block.reason, shown(block.until)) == ("elections", "2026-10-03 00:00")
    assert block_at(calendar, local("2026-09-30T23:59"), "rameh") is None


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-22T21:59", "2026-11-22 22:00"),
        ("2026-11-22T22:00", "2026-11-22 22:00"),
        ("2026-11-23T04:59", "2026-11-23 04:59"),
        ("2026-11-23T05:00", "2026-11-24 22:00"),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_begins(
    moment: str, opens: str
) -> None:
    nights = Window("22:00", "05:00", days=("sunday", "tuesday"))
    assert shown(next_open(Calendar(windows=(nights,)), local(moment))) == opens


def test_a_window_within_a_rest_opens_when_both_let_it() -> None:
    nights = Calendar(rest=Rest(), windows=(Window("22:00", "05:00"),))
    assert shown(next_open(nights, local("2026-11-20T15:00"))) == "2026-11-21 22:00"


def test_a_calendar_that_is_never_open_does_not_hang() -> None:
    never = Freeze("for ever", date(2000, 1, 1), date(2100, 1, 1))
    assert next_open(Calendar(freezes=(never,)), local("2026-11-20T15:00")).year == 2100

"""When seats run out: linear, honest about a short history, undeceived by a first day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from provisioner.model.forecast import Rate, Take, rate_of

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_AGO = NOW - 400 * DAY


def takes(*days_ago: float, slug: str = "rameh") -> list[Take]:
    return [Take(slug, "SPB", NOW - days * DAY) for days in days_ago]


def test_the_rate_is_that_of_the_last_ninety_days() -> None:
    rate = rate_of(takes(*range(1, 89, 2), 120, 200), {"rameh": LONG_AGO}, NOW)
    assert (rate.days, rate.taken) == (90, 44)
    assert rate.per_day == pytest.approx(44 / 90)


def test_a_short_history_tells_no_rate() -> None:
    rate = rate_of(takes(1, 2, 3, 4), {"rameh": NOW - 20 * DAY}, NOW)
    assert rate == Rate(20, 4)
    assert rate.runs_out(10, NOW.date()) is None


def test_two_seats_in_three_months_tell_no_rate() -> None:
    assert rate_of(takes(10, 50), {"rameh": LONG_AGO}, NOW) == Rate(90, 2)


def test_what_a_municipality_brought_along_on_its_first_day_is_no_growth() -> None:
    joined = NOW - 60 * DAY
    brought = takes(*[60] * 500) + takes(59.9)
    grown = takes(50, 30, 10)
    rate = rate_of(brought + grown, {"rameh": joined}, NOW)
    assert (rate.days, rate.taken) == (60, 3)
    assert rate.per_day == pytest.approx(3 / 60)


def test_municipalities_of_one_tenant_add_up_each_over_its_own_time() -> None:
    some = takes(80, 40, 5) + takes(20, 10, slug="acre")
    rate = rate_of(some, {"rameh": LONG_AGO, "acre": NOW - 30 * DAY}, NOW)
    assert rate.taken == 5
    assert rate.per_day == pytest.approx(3 / 90 + 2 / 30)


def test_seats_of_others_do_not_count() -> None:
    assert rate_of(takes(5, 6, 7, slug="acre"), {"rameh": LONG_AGO}, NOW).taken == 0


def test_no_municipality_no_history() -> None:
    assert rate_of([], {}, NOW) == Rate(0, 0)


@pytest.mark.parametrize(
    ("per_day", "free", "ends"),
    [
        (0.5, 10, date(2026, 6, 21)),
        (0.5, 0, date(2026, 6, 1)),
        (0.5, None, None),
        (None, 10, None),
        (0.001, 10_000, None),
    ],
)
def test_the_day_on_which_the_free_seats_are_taken(
    per_day: float | None, free: int | None, ends: date | None
) -> None:
    assert Rate(90, 45, per_day).runs_out(free, NOW.date()) == ends

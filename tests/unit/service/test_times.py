"""Fire times: by name, in local time, and once in the nights of clock change."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from provisioner.model.cluster import Cluster
from provisioner.model.schedule import Calendar, Rest, Schedule, Window
from provisioner.service.preview import meaning, preview
from provisioner.service.times import due_times, fire_times, next_times, occurrence

HERE = "Asia/Jerusalem"
ZONE = ZoneInfo(HERE)


def local(words: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=ZONE, fold=fold).astimezone(UTC)


def daily(at: str, **given: object) -> Schedule:
    return Schedule("nightly", "apply", at=at, **given)  # type: ignore[arg-type]


def test_sunday_is_sunday() -> None:
    times = next_times(daily("03:00", days=("sunday",)), HERE, local("2026-11-19"), 3)
    assert [one.astimezone(ZONE).strftime("%a %d %H:%M") for one in times] == [
        "Sun 22 03:00",
        "Sun 29 03:00",
        "Sun 06 03:00",
    ]


def test_an_interval_is_the_same_after_a_restart_at_any_moment() -> None:
    hourly = Schedule("drift", "drift", every=60)
    first = next_times(hourly, HERE, local("2026-11-22T10:17:33"), 2)
    second = next_times(hourly, HERE, local("2026-11-22T10:55:01"), 2)
    assert first == second
    assert first[0] == local("2026-11-22T11:00")


@pytest.mark.parametrize("at", ["00:30", "01:00", "01:30", "01:59", "02:00", "02:30"])
@pytest.mark.parametrize(
    "night",
    [
        pytest.param("2026-10-25", id="01:00 to 02:00 comes twice"),
        pytest.param("2026-03-27", id="02:00 to 03:00 is not there"),
    ],
)
def test_in_the_nights_of_clock_change_a_daily_time_comes_once(
    at: str, night: str
) -> None:
    day = date.fromisoformat(night)
    start = local(f"{day - timedelta(days=2)}")
    found = due_times(daily(at), HERE, start, local(f"{day + timedelta(days=3)}"))
    days = [one.astimezone(ZONE).date() for one in found]
    assert len(days) == len(set(days)) == 5
    keys = {occurrence(daily(at), HERE, one) for one in found}
    assert len(keys) == 5


def test_looking_between_the_two_half_past_ones_shows_tomorrow() -> None:
    between = local("2026-10-25T01:45")
    (first,) = next_times(daily("01:30"), HERE, between, 1)
    assert first.astimezone(ZONE).date().isoformat() == "2026-10-26"


def test_a_time_that_is_not_there_comes_at_the_next_that_is() -> None:
    before = local("2026-03-27T00:10")
    (first,) = next_times(daily("02:30"), HERE, before, 1)
    assert f"{first.astimezone(ZONE):%Y-%m-%d %H:%M}" == "2026-03-27 03:30"


@pytest.mark.parametrize("night", ["2026-10-25", "2026-03-27"])
def test_an_interval_knows_no_clock_change(night: str) -> None:
    half = Schedule("drift", "drift", every=30)
    start = local(night)
    found = due_times(half, HERE, start, start + timedelta(hours=6))
    gaps = {b - a for a, b in itertools.pairwise(found)}
    assert (len(found), gaps) == (12, {timedelta(minutes=30)})


def test_a_year_of_standstill_is_bounded() -> None:
    quick = Schedule("drift", "drift", every=5)
    now = local("2026-11-22")
    assert len(due_times(quick, HERE, now - timedelta(days=365), now)) == 1000


def test_times_never_go_back() -> None:
    walk = fire_times(daily("01:30"), HERE, local("2026-01-01"))
    found = [next(walk) for _ in range(400)]
    assert found == sorted(set(found))


def test_a_schedule_says_what_it_means() -> None:
    one = daily("02:00", days=("sunday", "monday"), kinds=("domain",))
    assert meaning(one) == "at 02:00 on sunday, monday, domain"
    each = Schedule("d", "drift", every=90, each="municipality", spread=45)
    assert meaning(each) == (
        "every 1 h 30 min, each municipality by itself over 45 min"
    )
    assert meaning(Schedule("d", "drift", every=15)) == "every 15 min"


def test_what_a_rest_holds_back_waits_for_the_window_after_it(
    make_cluster: Callable[..., Cluster],
) -> None:
    calendar = Calendar(
        rest=Rest(), windows=(Window("22:00", "23:30", days=("sunday",)),)
    )
    saturday = daily("14:00", days=("saturday",))
    cluster = make_cluster(saturday, calendar=calendar)
    (time,) = preview(cluster, saturday, local("2026-11-19"), 1).times
    assert time.blocked_by == "Sabbath"
    assert time.until == local("2026-11-22T22:00")

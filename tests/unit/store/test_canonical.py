"""One text for one value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from provisioner.model.place import Place
from provisioner.store.canonical import as_text, canonical


def test_times_are_utc_whatever_zone_they_came_in() -> None:
    jerusalem = timezone(timedelta(hours=2))
    at = datetime(2026, 3, 1, 8, 30, 0, 5, tzinfo=jerusalem)
    assert as_text(at) == "2026-03-01T06:30:00.000005Z"


def test_texts_of_times_sort_as_the_times_do() -> None:
    start = datetime(999, 12, 31, 23, 59, 59, tzinfo=UTC)
    times = [start + timedelta(days=400 * n, microseconds=n) for n in range(9)]
    assert sorted(map(as_text, times)) == [as_text(one) for one in times]
    assert {len(as_text(one)) for one in times} == {27}


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        as_text(datetime(2026, 3, 1))


def test_the_order_of_keys_and_the_kind_of_sequence_make_no_difference() -> None:
    one = canonical({"b": (1, 2), "a": {"d": None, "c": "ב"}})
    assert one == canonical({"a": {"c": "ב", "d": None}, "b": [1, 2]})
    assert one == '{"a":{"c":"ב","d":null},"b":[1,2]}'


def test_structs_are_written_by_their_fields() -> None:
    assert canonical(Place("a.yml", 3)) == '{"column":0,"file":"a.yml","line":3}'

"""The vendor's JavaScript client, with its own middleware, works against the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Told = Callable[[str], Any]


def test_its_page_iterator_sees_everybody(javascript: Told) -> None:
    assert javascript("pages") == {"first": 50, "all": 231}


def test_filters_counts_and_orders_are_taken(javascript: Told) -> None:
    seen = javascript("filters")
    assert (seen["water"], seen["count"]) == (23, 23)
    assert seen["names"] == ["p90", "p80", "p70"]


def test_a_user_is_created_changed_and_deleted(javascript: Told) -> None:
    seen = javascript("life")
    assert seen["title"] == "גזברית"
    assert seen["gone"] == {"status": 404, "code": "Request_ResourceNotFound"}


def test_its_batches_are_answered_one_by_one(javascript: Told) -> None:
    assert javascript("batch") == {"1": 200, "2": 200, "999": 404}


def test_it_comes_back_after_being_throttled(
    javascript: Told, order: Callable[..., Any]
) -> None:
    rule = {"action": "throttle", "path": "/users/p1@", "count": 2, "retry_after": 1}
    fault = order("POST", "faults", rule)
    assert javascript("retry")["name"].startswith("p1@")
    (kept,) = [one for one in order("GET", "faults") if one["id"] == fault["id"]]
    assert kept["hits"] == 2


def test_an_application_has_no_me(javascript: Told) -> None:
    seen = javascript("denied")
    assert seen["status"] == 400
    assert "delegated authentication flow" in seen["message"]

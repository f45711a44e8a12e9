"""Every query option over a real tenant: what is found, in which order, what is refused."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

EVENTUAL = {"ConsistencyLevel": "eventual"}
SKU = "4b9405b0-7788-4568-add1-99614e613b69"


@pytest.fixture
def people(stage: Any, graph: httpx.Client) -> httpx.Client:
    """Four people beside the administrator, one of them with a licence."""
    rows = [
        ("dana", "Dana OneDrive", "12", "2026-03-01T08:00:00Z", ["EXCHANGESTANDARD"]),
        ("avi", "Avi Cohen", "7", "2025-01-01T00:00:00Z", []),
        ("lior", "ליאור כהן", "9", "2026-01-01T00:00:00Z", []),
        ("zed", "zed-water 42", "10", None, []),
    ]
    users = [
        {
            "userPrincipalName": f"{local}@nof.example",
            "displayName": name,
            "employeeId": number,
            "employeeHireDate": hired,
            "licences": licences,
        }
        for local, name, number, hired, licences in rows
    ]
    stage.order("POST", "users?tenant=galil", users)
    return graph


def locals_of(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    names = [user["userPrincipalName"] for user in answer.json()["value"]]
    return [name.partition("@")[0] for name in names if "nof.example" in name]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("employeeHireDate ge 2026-01-01T00:00:00Z", ["dana", "lior"]),
        ("employeeHireDate gt 2026-01-01T02:00:00+02:00", ["dana"]),
        ("employeeHireDate lt 2025-06-01", ["avi"]),
        ("employeeId in ('7')", ["avi"]),
        ("employeeId eq '10' and displayName eq 'nobody'", []),
        ("displayName ge 'y'", ["zed", "lior"]),
        ("assignedLicenses/$count ne 0", ["dana"]),
        (
            "NOT(startsWith(displayName,'a')) and employeeId ne null",
            ["dana", "lior", "zed"],
        ),
        (f"assignedLicenses/any(x: x/skuId eq {SKU} and x/skuId ne null)", ["dana"]),
        (
            "proxyAddresses/any(p:endsWith(p,'@nof.example'))"
            " or userPrincipalName eq 'AVI@nof.example'",
            ["dana", "avi"],
        ),
    ],
)
def test_filters_of_all_kinds(
    people: httpx.Client, text: str, found: list[str]
) -> None:
    query = {"$filter": text, "$count": "true"}
    answer = people.get("users", params=query, headers=EVENTUAL)
    assert sorted(locals_of(answer)) == sorted(found)
    assert answer.json()["@odata.count"] == len(found)


@pytest.mark.parametrize(
    "text",
    [
        "contains(displayName,'x')",
        "tolower(displayName) eq 'x'",
        "endsWith(displayName,'x')",
        "assignedLicenses/all(x:x/skuId eq null)",
        "assignedLicenses/$count eq 3",
        "assignedLicenses/any(x:x/colour eq 'x')",
        f"id in ({','.join(repr(str(n)) for n in range(16))})",
    ],
)
def test_what_the_index_does_not_offer_is_refused(
    people: httpx.Client, text: str
) -> None:
    query = {"$filter": text, "$count": "true"}
    answer = people.get("users", params=query, headers=EVENTUAL)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "Request_UnsupportedQuery"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("accountEnabled eq 'true'", "incompatible types"),
        ("displayName eq true", "incompatible types"),
        ("frobnicate(displayName)", "unknown function"),
        ("displayName like 'x'", "no operator"),
        ("createdDateTime ge 2026-13-45T00:00:00Z", "no time"),
        ("(" * 60 + "accountEnabled eq true" + ")" * 60, "nested"),
    ],
)
def test_what_is_no_filter_is_told(people: httpx.Client, text: str, says: str) -> None:
    answer = people.get("users", params={"$filter": text})
    assert answer.status_code == 400
    assert says in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"displayName:drive"', ["dana"]),
        ('"displayName:wat 4"', ["zed"]),
        ('"displayName:avi" OR "mail:dana@"', ["dana", "avi"]),
        ('"displayName:כהן" AND "userPrincipalName:lio"', ["lior"]),
        ('"displayName:rive"', []),
    ],
)
def test_a_search_finds_beginnings_of_words(
    people: httpx.Client, text: str, found: list[str]
) -> None:
    answer = people.get("users", params={"$search": text}, headers=EVENTUAL)
    assert sorted(locals_of(answer)) == sorted(found)


def test_a_search_needs_its_header_and_its_quotes(people: httpx.Client) -> None:
    query = {"$search": '"displayName:x"'}
    message = people.get("users", params=query).json()["error"]["message"]
    assert "special request header: 'ConsistencyLevel: eventual'" in message
    bare = people.get("users", params={"$search": "displayName:x"}, headers=EVENTUAL)
    assert "character ':' is not valid at position 11" in bare.text


def test_an_order_is_kept_over_pages(people: httpx.Client) -> None:
    url, seen = "users?$orderby=displayName desc&$top=2", []
    while url:
        answer = people.get(url)
        seen += locals_of(answer)
        url = answer.json().get("@odata.nextLink", "")
    assert seen == ["lior", "zed", "dana", "avi"]


def test_with_a_filter_only_the_index_sorts(people: httpx.Client) -> None:
    query = {
        "$filter": "startswith(userPrincipalName,'a')",
        "$orderby": "displayName",
        "$count": "true",
    }
    refused = people.get("users", params=query)
    assert refused.json()["error"]["message"] == (
        "Sorting not supported for current query."
    )
    answer = people.get("users", params=query, headers=EVENTUAL)
    assert locals_of(answer) == ["avi"]
    assert answer.json()["@odata.count"] == 2


def test_a_count_obeys_filter_and_search(people: httpx.Client) -> None:
    count = {"$filter": "endsWith(userPrincipalName,'@nof.example')"}
    answer = people.get("users/$count", params=count, headers=EVENTUAL)
    assert answer.text == "4"
    answer = people.get(
        "users/$count", params={"$search": '"displayName:avi"'}, headers=EVENTUAL
    )
    assert answer.text == "1"


def test_an_index_follows_changes_of_the_employee_id(people: httpx.Client) -> None:
    def holder(number: str) -> list[str]:
        return locals_of(
            people.get("users", params={"$filter": f"employeeId eq '{number}'"})
        )

    assert holder("7") == ["avi"]
    changed = people.patch("users/avi@nof.example", json={"employeeId": "77"})
    changed.raise_for_status()
    assert (holder("7"), holder("77")) == ([], ["avi"])
    people.delete("users/avi@nof.example").raise_for_status()
    assert holder("77") == []


def test_who_just_lost_a_number_is_found_where_a_replica_lags(
    stage: Any, people: httpx.Client
) -> None:
    stage.order("POST", "conduct", {"replication_lag": 1000.0})
    people.patch("users/avi@nof.example", json={"employeeId": "77"}).raise_for_status()
    query = {"$filter": "employeeId in ('7','77')"}
    assert locals_of(people.get("users", params=query)) == ["avi"]


def test_a_filter_by_an_index_is_fast_among_many(
    stage: Any, graph: httpx.Client
) -> None:
    many = [
        {"userPrincipalName": f"m{n}@nof.example", "employeeId": str(n)}
        for n in range(20_000)
    ]
    stage.order("POST", "users?tenant=galil", many)
    texts = ("employeeId eq '{}'", "userPrincipalName eq 'm{}@nof.example'")
    for text in texts:
        graph.get("users", params={"$filter": text.format(0)})
        begun = time.process_time()
        for number in range(20):
            query = {"$filter": text.format(number)}
            assert locals_of(graph.get("users", params=query)) == [f"m{number}"]
        assert time.process_time() - begun < 1.0

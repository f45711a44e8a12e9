"""Lists: pages, selection, filters, and what is refused rather than answered wrongly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Create = Callable[..., str]
PEOPLE = 250


@pytest.fixture
def crowd(stage: Any, graph: httpx.Client) -> httpx.Client:
    """The tenant with 250 people more, every tenth of them in the water department."""
    users = [
        {
            "userPrincipalName": f"p{number}@nof.example",
            "displayName": f"Person {number}",
            "department": "Water" if number % 10 == 0 else "Roads",
            "employeeId": str(number),
            "accountEnabled": number % 2 == 0,
            "onPremisesExtensionAttributes": {"extensionAttribute15": f"tag:{number}"},
        }
        for number in range(PEOPLE)
    ]
    stage.order("POST", "users?tenant=galil", users)
    return graph


def walk(client: httpx.Client, url: str, **headers: str) -> list[list[dict[str, Any]]]:
    pages = []
    while url:
        answer = client.get(url, headers=headers)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        pages.append(body["value"])
        url = body.get("@odata.nextLink", "")
    return pages


def filtered(client: httpx.Client, text: str, **headers: str) -> list[str]:
    answer = client.get("users", params={"$filter": text}, headers=headers)
    assert answer.status_code == 200, answer.text
    return [
        user["userPrincipalName"].partition("@")[0] for user in answer.json()["value"]
    ]


def test_pages_have_a_hundred_by_default_and_hold_everybody_once(
    crowd: httpx.Client,
) -> None:
    pages = walk(crowd, "users")
    assert [len(page) for page in pages] == [100, 100, 51]
    assert len({user["id"] for page in pages for user in page}) == PEOPLE + 1


def test_the_next_link_is_absolute_and_keeps_the_options(crowd: httpx.Client) -> None:
    answer = crowd.get(
        "users?$select=id,department&$top=10&$filter=department eq 'Water'"
    )
    link = answer.json()["@odata.nextLink"]
    assert link.startswith(str(crowd.base_url.copy_with(path="/v1.0/users")))
    pages = walk(crowd, link)
    assert [len(page) for page in pages] == [10, 5]
    assert {user["department"] for page in pages for user in page} == {"Water"}
    assert set(pages[0][0]) == {"id", "department"}


def test_a_user_deleted_while_paging_makes_nobody_disappear(
    crowd: httpx.Client,
) -> None:
    first = crowd.get("users?$top=100").json()
    crowd.delete(f"users/{first['value'][7]['id']}").raise_for_status()
    rest = walk(crowd, first["@odata.nextLink"])
    assert sum(map(len, rest)) == PEOPLE + 1 - 100


def test_doubled_slashes_and_encoded_or_bare_options_are_taken(
    crowd: httpx.Client,
) -> None:
    root = str(crowd.base_url.copy_with(path="/v1.0//users"))
    for query in ("?%24top=5&%24select=id", "?top=5&select=id", "?$TOP=5&$SELECT=ID"):
        body = crowd.get(root + query).json()
        assert len(body["value"]) == 5
        assert set(body["value"][0]) == {"id"}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("userPrincipalName eq 'P3@nof.example'", ["p3"]),
        ("userPrincipalName in ('p5@nof.example','p4@nof.example')", ["p4", "p5"]),
        ("employeeId eq '7' and department eq 'Roads'", ["p7"]),
        (
            "startswith(displayName,'person 24') and accountEnabled eq true and"
            " (department eq 'water' or employeeId eq '242')",
            ["p240", "p242"],
        ),
        ("employeeId in ('1', '2', 'none')", ["p1", "p2"]),
        ("onPremisesExtensionAttributes/extensionAttribute15 eq 'tag:9'", ["p9"]),
        (
            "startswith(onPremisesExtensionAttributes/extensionAttribute15,'tag:24') and"
            " department eq 'Water'",
            ["p240"],
        ),
        ("displayName eq 'O''Brien'", []),
    ],
)
def test_filters_find_whom_they_mean(
    crowd: httpx.Client, text: str, found: list[str]
) -> None:
    assert filtered(crowd, text) == found


def test_licences_and_addresses_are_filtered_by_any(
    stage: Any, crowd: httpx.Client
) -> None:
    sku = "4b9405b0-7788-4568-add1-99614e613b69"
    person = {"userPrincipalName": "p3@nof.example", "licences": ["EXCHANGESTANDARD"]}
    stage.order("POST", "users?tenant=galil", [person])
    assert filtered(crowd, f"assignedLicenses/any(x:x/skuId eq {sku})") == ["p3"]
    assert filtered(crowd, "proxyAddresses/any(a:a eq 'smtp:p3@nof.example')") == ["p3"]


@pytest.mark.parametrize(
    "text",
    [
        "department ne 'Water'",
        "endsWith(userPrincipalName,'nof.example')",
        "not(accountEnabled eq true)",
        "shoeSize eq 43",
        "displayName lt 'x'",
        "onPremisesExtensionAttributes/colour eq 'x'",
        "assignedLicenses eq 'x'",
    ],
)
def test_what_needs_the_index_or_is_unknown_is_refused_not_empty(
    crowd: httpx.Client, text: str
) -> None:
    answer = crowd.get("users", params={"$filter": text})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "Request_UnsupportedQuery"


def test_a_filter_that_does_not_parse_is_invalid(crowd: httpx.Client) -> None:
    for text in (
        "department eq",
        "and",
        "department eq 'x' x",
        "startswith(department",
    ):
        answer = crowd.get("users", params={"$filter": text})
        assert answer.status_code == 400, text


def test_the_eventual_index_answers_more_and_counts(crowd: httpx.Client) -> None:
    params = {
        "$filter": "endsWith(userPrincipalName,'@nof.example') and department ne 'Water'",
        "$count": "true",
        "$top": "50",
    }
    headers = {"ConsistencyLevel": "eventual"}
    body = crowd.get("users", params=params, headers=headers).json()
    assert body["@odata.count"] == PEOPLE - 25
    assert crowd.get(body["@odata.nextLink"]).status_code == 400
    second = crowd.get(body["@odata.nextLink"], headers=headers).json()
    assert "@odata.count" not in second
    assert crowd.get("users/$count").status_code == 400
    assert crowd.get("users/$count", headers=headers).text == str(PEOPLE + 1)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("$top=1000", "Request_BadRequest"),
        ("$top=0", "Request_BadRequest"),
        ("$select=shoeSize", "BadRequest"),
        ("$orderby=department", "Request_UnsupportedQuery"),
        ("$orderby=displayName sideways", "BadRequest"),
        ("$orderby=displayName&$filter=id eq 'x'", "Request_UnsupportedQuery"),
        ("$search=x", "Request_UnsupportedQuery"),
        ("$expand=shoes", "BadRequest"),
        ("$skip=5", "Request_UnsupportedQuery"),
        ("$apply=aggregate($count as n)", "BadRequest"),
        ("$skiptoken=rubbish", "Directory_ExpiredPageToken"),
    ],
)
def test_options_the_service_does_not_take_are_refused(
    crowd: httpx.Client, query: str, code: str
) -> None:
    answer = crowd.get(f"users?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == code


def test_a_change_is_seen_in_the_next_list(crowd: httpx.Client) -> None:
    select = "users?$select=userPrincipalName,jobTitle&$top=999"
    before = crowd.get(select).json()["value"]
    assert {user["jobTitle"] for user in before} == {None}
    crowd.patch("users/p8@nof.example", json={"jobTitle": "מנהל"}).raise_for_status()
    after = crowd.get(select).json()["value"]
    assert [u["userPrincipalName"] for u in after if u["jobTitle"]] == [
        "p8@nof.example"
    ]

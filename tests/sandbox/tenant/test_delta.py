"""Delta queries: a snapshot, then what changed; tokens that end after a week."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

EXCHANGE = "4b9405b0-7788-4568-add1-99614e613b69"
Create = Callable[..., str]


def rounds(
    client: httpx.Client, url: str, **headers: str
) -> tuple[list[Any], str, int]:
    """Everything up to the delta link, that link, and the number of pages."""
    found: list[Any] = []
    pages = 0
    while True:
        answer = client.get(url, headers=headers)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found += body["value"]
        pages += 1
        if "@odata.deltaLink" in body:
            return found, body["@odata.deltaLink"], pages
        url = body["@odata.nextLink"]


def test_a_first_round_gives_everybody_and_a_second_nothing(
    stage: Any, graph: httpx.Client
) -> None:
    users = [{"userPrincipalName": f"p{n}@nof.example"} for n in range(450)]
    stage.order("POST", "users?tenant=galil", users)
    found, link, pages = rounds(graph, "users/delta?$select=userPrincipalName,jobTitle")
    assert len({user["id"] for user in found}) == 451
    assert pages == 3
    assert all("jobTitle" not in user for user in found)
    assert rounds(graph, link)[0] == []
    _, _, fewer = rounds(
        graph, "users/delta()?$select=id", Prefer="odata.maxpagesize=999"
    )
    assert fewer == 1


def test_changes_come_with_what_was_selected_and_cleared(
    graph: httpx.Client, create: Create
) -> None:
    changed, untouched = create("noa", jobTitle="Clerk"), create("adi")
    _, link, _ = rounds(
        graph, "users/delta?$select=userPrincipalName,jobTitle,department"
    )
    graph.patch(f"users/{changed}", json={"department": "Water"})
    graph.patch(f"users/{changed}", json={"jobTitle": None})
    graph.patch(f"users/{untouched}", json={"city": "not selected"})
    ((row),) = rounds(graph, link)[0]
    assert row == {
        "userPrincipalName": "noa@nof.example",
        "jobTitle": None,
        "department": "Water",
        "id": changed,
    }
    ((short),) = rounds(graph, link, Prefer="return=minimal")[0]
    assert short == {"jobTitle": None, "department": "Water", "id": changed}


def test_latest_starts_from_now_and_sees_creates_licences_and_removals(
    stage: Any,
    graph: httpx.Client,
    create: Create,
    license_user: Callable[..., httpx.Response],
) -> None:
    old = create("old")
    select = "$select=id,userPrincipalName,assignedLicenses,mail"
    found, link, _ = rounds(graph, f"users/delta?{select}&$deltaToken=latest")
    assert found == []
    new = create("new")
    license_user(new, EXCHANGE)
    stage.wait(5)
    graph.delete(f"users/{old}")
    rows = {row["id"]: row for row in rounds(graph, link)[0]}
    assert rows[new]["assignedLicenses"][0]["skuId"] == EXCHANGE
    assert rows[new]["mail"] == "new@nof.example"
    assert rows[old]["@removed"] == {"reason": "changed"}
    _, link, _ = rounds(graph, link)
    graph.delete(f"directory/deletedItems/{old}")
    ((row),) = rounds(graph, link)[0]
    assert row == {"id": old, "@removed": {"reason": "deleted"}}


def test_a_restored_user_comes_back_whole(graph: httpx.Client, create: Create) -> None:
    key = create("noa", jobTitle="Clerk")
    graph.delete(f"users/{key}")
    _, link, _ = rounds(graph, "users/delta?$select=jobTitle&$deltatoken=latest")
    graph.post(f"directory/deletedItems/{key}/restore")
    assert rounds(graph, link)[0] == [{"jobTitle": "Clerk", "id": key}]


def test_changes_made_while_the_snapshot_is_read_are_not_lost(
    stage: Any, graph: httpx.Client
) -> None:
    users = [{"userPrincipalName": f"p{n}@nof.example"} for n in range(450)]
    stage.order("POST", "users?tenant=galil", users)
    first = graph.get("users/delta?$select=userPrincipalName,city").json()
    already = first["value"][9]["id"]
    graph.patch(f"users/{already}", json={"city": "Nof"}).raise_for_status()
    _, link, _ = rounds(graph, first["@odata.nextLink"])
    assert [row["id"] for row in rounds(graph, link)[0]] == [already]


def test_a_token_older_than_a_week_is_gone(stage: Any, graph: httpx.Client) -> None:
    _, link, _ = rounds(graph, "users/delta")
    stage.wait(8 * 86400)
    with stage.client() as later:
        answer = later.get(link)
        assert answer.status_code == 410
        assert answer.json()["error"]["code"] == "syncStateNotFound"
        assert answer.headers["Location"].endswith("/users/delta?$deltatoken=")
        assert rounds(later, answer.headers["Location"])[0]


def test_options_delta_does_not_know_are_refused(graph: httpx.Client) -> None:
    for query in ("$top=5", "$orderby=displayName", "$expand=manager"):
        assert graph.get(f"users/delta?{query}").status_code == 400


def test_lagging_changes_are_neither_early_nor_lost(
    stage: Any, graph: httpx.Client, create: Create
) -> None:
    key = create("noa")
    _, link, _ = rounds(graph, "users/delta?$select=jobTitle")
    stage.order("POST", "conduct", {"replication_lag": 30})
    graph.patch(f"users/{key}", json={"jobTitle": "Judge"}).raise_for_status()
    early, link, _ = rounds(graph, link)
    assert early == []
    stage.wait(31)
    assert rounds(graph, link)[0] == [{"jobTitle": "Judge", "id": key}]

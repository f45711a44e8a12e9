"""Replicas that lag show what was before a write; the truth refuses conflicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

EXCHANGE = "4b9405b0-7788-4568-add1-99614e613b69"
Create = Callable[..., str]
LAG = 30.0


def lag(stage: Any, seconds: float = LAG) -> None:
    stage.order("POST", "conduct", {"replication_lag": seconds, "clock_scale": 0.0})


def names(client: httpx.Client, query: str = "") -> list[str]:
    answer = client.get(f"users?$select=userPrincipalName{query}")
    return [
        user["userPrincipalName"].partition("@")[0] for user in answer.json()["value"]
    ]


def test_a_user_just_created_is_nowhere_to_be_found(
    stage: Any,
    graph: httpx.Client,
    create: Create,
    body_of: Callable[..., dict[str, Any]],
    license_user: Callable[..., httpx.Response],
) -> None:
    lag(stage)
    key = create("noa")
    assert graph.get(f"users/{key}").status_code == 404
    assert graph.get("users/noa@nof.example").status_code == 404
    assert names(graph) == ["admin"]
    assert names(graph, "&$filter=userPrincipalName eq 'noa@nof.example'") == []
    assert license_user(key, EXCHANGE).status_code == 404
    assert graph.patch(f"users/{key}", json={"city": "x"}).status_code == 404
    again = graph.post("users", json=body_of("noa"))
    assert again.json()["error"]["details"][0]["code"] == "ObjectConflict"
    stage.wait(LAG)
    assert graph.get(f"users/{key}").status_code == 200
    assert names(graph) == ["admin", "noa"]
    assert license_user(key, EXCHANGE).status_code == 200


def test_in_between_some_replicas_know_and_some_do_not(
    stage: Any, graph: httpx.Client, create: Create
) -> None:
    lag(stage)
    key = create("noa")
    stage.wait(LAG / 2)
    seen = [graph.get(f"users/{key}").status_code for _ in range(20)]
    assert set(seen) == {200, 404}


def test_a_changed_user_is_shown_as_it_was(
    stage: Any, graph: httpx.Client, create: Create
) -> None:
    key = create("noa", jobTitle="Clerk")
    lag(stage)
    graph.patch(f"users/{key}", json={"jobTitle": "Judge"})
    graph.patch(f"users/{key}", json={"userPrincipalName": "noa.levi@nof.example"})
    old = graph.get("users/noa@nof.example").json()
    assert (old["id"], old["jobTitle"]) == (key, "Clerk")
    assert graph.get("users/noa.levi@nof.example").status_code == 404
    listed = graph.get("users?$select=jobTitle,userPrincipalName").json()["value"]
    assert {"jobTitle": "Clerk", "userPrincipalName": "noa@nof.example"} in listed
    stage.wait(LAG)
    assert graph.get("users/noa.levi@nof.example").json()["jobTitle"] == "Judge"
    assert graph.get("users/noa@nof.example").status_code == 404


def test_a_deleted_user_haunts_the_lists_and_the_bin_is_still_empty(
    stage: Any, graph: httpx.Client, create: Create
) -> None:
    keys = [create(local) for local in ("a", "b", "c")]
    lag(stage)
    graph.delete(f"users/{keys[1]}")
    assert names(graph) == ["admin", "a", "b", "c"]
    assert names(graph, "&$top=2") == ["admin", "a"]
    assert graph.get("directory/deletedItems/graph.user").json()["value"] == []
    assert graph.delete(f"users/{keys[1]}").status_code == 404
    stage.wait(LAG)
    assert names(graph) == ["admin", "a", "c"]
    assert len(graph.get("directory/deletedItems/graph.user").json()["value"]) == 1


def test_a_tenant_told_to_lag_no_longer_catches_up_at_once(
    stage: Any, graph: httpx.Client, create: Create
) -> None:
    lag(stage)
    key = create("noa")
    assert graph.get(f"users/{key}").status_code == 404
    lag(stage, 0)
    assert graph.get(f"users/{key}").status_code == 200

"""`$batch`: twenty requests in one, each on its own, some depending on others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

JSON = {"Content-Type": "application/json"}
Body = Callable[..., dict[str, Any]]


def send(client: httpx.Client, *requests: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("$batch", json={"requests": list(requests)})
    assert answer.status_code == 200, answer.text
    found = answer.json()["responses"]
    assert len(found) == len(requests)
    return {one["id"]: one for one in found}


def get(name: str, url: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "method": "GET", "url": url, **more}


def test_twenty_creates_come_back_each_with_its_own_answer(
    graph: httpx.Client, body_of: Body
) -> None:
    requests = [
        {"id": str(n), "method": "POST", "url": "/users", "headers": JSON,
         "body": body_of(f"p{n % 19}")}
        for n in range(20)
    ]  # fmt: skip
    answer = graph.post("$batch", json={"requests": requests}).json()["responses"]
    assert [one["id"] for one in answer] != [str(n) for n in range(20)]
    by_id = {one["id"]: one for one in answer}
    assert {by_id[str(n)]["status"] for n in range(19)} == {201}
    assert by_id["19"]["status"] == 400
    assert by_id["19"]["body"]["error"]["details"][0]["code"] == "ObjectConflict"
    assert by_id["0"]["headers"]["request-id"] != by_id["1"]["headers"]["request-id"]
    assert by_id["0"]["body"]["userPrincipalName"] == "p0@nof.example"


def test_urls_may_be_relative_absolute_or_bare(stage: Any, graph: httpx.Client) -> None:
    found = send(
        graph,
        get("a", "/users?$select=id&$top=1"),
        get("b", "users?%24top=1"),
        get("c", f"{stage.url}/v1.0/users/admin@galil.onmicrosoft.example"),
        get("d", "/domains/none.example"),
        get("e", "/organization"),
    )
    assert [found[one]["status"] for one in "abcde"] == [200, 200, 200, 404, 200]
    assert set(found["a"]["body"]["value"][0]) == {"id"}


def test_a_step_waits_for_what_it_depends_on(
    graph: httpx.Client, body_of: Body
) -> None:
    change = {"id": "2", "method": "PATCH", "url": "/users/noa@nof.example",
              "headers": JSON, "body": {"jobTitle": "Judge"}, "dependsOn": ["1"]}  # fmt: skip
    create = {"id": "1", "method": "POST", "url": "/users", "headers": JSON,
              "body": body_of("noa")}  # fmt: skip
    found = send(graph, change, create)
    assert (found["1"]["status"], found["2"]["status"]) == (201, 204)
    assert "body" not in found["2"]
    assert graph.get("users/noa@nof.example").json()["jobTitle"] == "Judge"


def test_what_depends_on_a_failure_fails_with_it(graph: httpx.Client) -> None:
    found = send(
        graph,
        get("1", "/users/none@nof.example"),
        get("2", "/users", dependsOn=["1"]),
        get("3", "/users", dependsOn=["2"]),
        get("4", "/users"),
    )
    assert [found[one]["status"] for one in "1234"] == [404, 424, 424, 200]


def test_faulty_batches_are_refused_whole(graph: httpx.Client) -> None:
    for requests in (
        [get(str(n), "/users") for n in range(21)],
        [get("a", "/users"), get("A", "/users")],
        [get("1", "/users", dependsOn=["2"])],
        [get("1", "/users", dependsOn=["2"]), get("2", "/users", dependsOn=["1"])],
        [{"id": 1, "method": "GET", "url": "/users"}],
        [],
    ):
        answer = graph.post("$batch", json={"requests": requests})
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "BadRequest"


def test_a_body_without_its_type_is_refused_alone(
    graph: httpx.Client, body_of: Body
) -> None:
    found = send(
        graph,
        {"id": "1", "method": "POST", "url": "/users", "body": body_of("noa")},
        get("2", "/users"),
    )
    assert (found["1"]["status"], found["2"]["status"]) == (400, 200)


def test_domains_and_counts_work_inside(stage: Any, graph: httpx.Client) -> None:
    graph.post("domains", json={"id": "sea.example"})
    records = graph.get("domains/sea.example/verificationDnsRecords").json()
    stage.txt["sea.example"] = [records["value"][0]["text"]]
    found = send(
        graph,
        {"id": "1", "method": "POST", "url": "/domains/sea.example/verify"},
        get("2", "/users/$count", headers={"ConsistencyLevel": "eventual"}),
    )
    assert found["1"]["body"]["isVerified"] is True
    assert found["2"]["body"] == "1"


def test_the_log_counts_a_batch_once_and_its_items_apart(
    stage: Any, graph: httpx.Client
) -> None:
    stage.order("POST", "requests/reset")
    send(graph, get("1", "/users"), get("2", "/users/none@nof.example"))
    log = stage.order("GET", "requests")
    assert log["calls"] == {"POST /$batch": 1}
    assert log["batched"] == {"GET /users": 1, "GET /users/{user}": 1}
    assert (log["total"], log["batched_total"]) == (1, 2)

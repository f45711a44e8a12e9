"""Faults on demand strike as their rules say, alone and inside `$batch`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

EXCHANGE = "4b9405b0-7788-4568-add1-99614e613b69"
Body = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("action", "status", "code"),
    [
        ("throttle", 429, "TooManyRequests"),
        ("unavailable", 503, "ServiceUnavailable"),
        ("expired_token", 401, "InvalidAuthenticationToken"),
        ("concurrency", 409, "Directory_ConcurrencyViolation"),
        ("forbidden", 403, "Authorization_RequestDenied"),
        ("expired_delta", 410, "syncStateNotFound"),
    ],
)
def test_a_refusal_strikes_once_and_then_passes(
    stage: Any, graph: httpx.Client, action: str, status: int, code: str
) -> None:
    stage.fault(action, method="GET", path="^/v1.0/users$", count=1)
    assert graph.get("domains").status_code == 200
    answer = graph.get("users")
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert graph.get("users").status_code == 200
    inner = {"requests": [{"id": "1", "method": "GET", "url": "/users"}]}
    stage.fault(action, path="/users$", count=1)
    (item,) = graph.post("$batch", json=inner).json()["responses"]
    assert item["status"] == status
    assert item["body"]["error"]["code"] == code


def test_a_throttle_may_ask_for_fractions_of_a_second(
    stage: Any, graph: httpx.Client
) -> None:
    stage.fault("throttle", count=1, path="/users", retry_after=2.128)
    inner = {"requests": [{"id": "1", "method": "GET", "url": "/users"}]}
    (item,) = graph.post("$batch", json=inner).json()["responses"]
    assert item["headers"]["Retry-After"] == "2.128"
    stage.fault("throttle", count=1, retry_after=0)
    assert "Retry-After" not in graph.get("users").headers


def test_skip_and_count_choose_the_calls(stage: Any, graph: httpx.Client) -> None:
    stage.fault("unavailable", path="/users", skip=2, count=2)
    assert [graph.get("users").status_code for _ in range(6)] == [
        200, 200, 503, 503, 200, 200,
    ]  # fmt: skip


def test_improbable_faults_strike_the_same_calls_every_time(
    stage: Any, graph: httpx.Client
) -> None:
    stage.fault("unavailable", path="/users", probability=0.5)
    seen = [graph.get("users").status_code for _ in range(20)]
    assert {200, 503} == set(seen)


def test_after_a_hidden_commit_the_user_is_there(
    stage: Any, graph: httpx.Client, body_of: Body
) -> None:
    stage.fault("unavailable_after_commit", method="POST", path="/users$", count=1)
    assert graph.post("users", json=body_of("noa")).status_code == 503
    assert graph.post("users", json=body_of("noa")).status_code == 400
    assert graph.get("users/noa@nof.example").status_code == 200


@pytest.mark.parametrize("action", ["cut", "truncated"])
def test_a_cut_answer_is_a_broken_connection_though_the_work_was_done(
    stage: Any, graph: httpx.Client, body_of: Body, action: str
) -> None:
    stage.fault(action, method="POST", path="/users$", count=2)
    with pytest.raises(httpx.TransportError):
        graph.post("users", json=body_of("noa"))
    create = {"id": "1", "method": "POST", "url": "/users", "body": body_of("adi"),
              "headers": {"Content-Type": "application/json"}}  # fmt: skip
    with pytest.raises(httpx.TransportError):
        graph.post("$batch", json={"requests": [create]})
    assert graph.get("users/noa@nof.example").status_code == 200
    assert graph.get("users/adi@nof.example").status_code == 200


def test_a_proxy_answers_with_html(stage: Any, graph: httpx.Client) -> None:
    stage.fault("server_error_html", path="/users", count=1, status=500)
    answer = graph.get("users")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "text/html"
    stage.fault("server_error_html", path="/users", count=1)
    inner = {"requests": [{"id": "1", "method": "GET", "url": "/users"}]}
    (item,) = graph.post("$batch", json=inner).json()["responses"]
    assert item["status"] == 502
    assert item["body"].startswith("<html>")


def test_an_empty_page_leads_on_to_the_same_people(
    stage: Any, graph: httpx.Client
) -> None:
    for path in ("users?$top=1", "users/delta"):
        stage.fault("empty_page", path="/users", count=1)
        page = graph.get(path).json()
        assert page["value"] == []
        assert len(graph.get(page["@odata.nextLink"]).json()["value"]) == 1


def test_a_poisoned_link_leads_to_another_host(stage: Any, graph: httpx.Client) -> None:
    stage.fault("poisoned_link", path="/users", count=1)
    page = graph.get("users").json()
    assert not page["@odata.nextLink"].startswith(stage.url)
    assert len(page["value"]) == 1


def test_a_slow_answer_comes_late(stage: Any, graph: httpx.Client) -> None:
    stage.fault("slow", path="/users", count=1, seconds=0.2)
    assert graph.get("users").elapsed.total_seconds() >= 0.2


def test_a_second_buyer_takes_the_last_seat(
    stage: Any, graph: httpx.Client, create: Callable[..., str],
    license_user: Callable[..., httpx.Response],
) -> None:  # fmt: skip
    stage.order(
        "POST", "skus?tenant=galil", {"part_number": "EXCHANGESTANDARD", "free": 1}
    )
    stage.fault("take_seat", path="/assignLicense$", count=1)
    answer = license_user(create("noa"), EXCHANGE)
    assert "does not have any available licenses" in answer.json()["error"]["message"]
    sku = graph.get("subscribedSkus").json()["value"][0]
    assert sku["consumedUnits"] == sku["prepaidUnits"]["enabled"]


def test_rules_are_listed_lifted_and_checked(stage: Any, graph: httpx.Client) -> None:
    stage.fault("throttle", id="mine")
    stage.fault("forbidden", id="other", path="/domains")
    assert graph.get("users").status_code == 429
    rules = stage.order("GET", "faults")
    assert [(rule["id"], rule["hits"]) for rule in rules] == [("mine", 1), ("other", 0)]
    assert stage.order("DELETE", "faults/mine") == {"lifted": 1}
    assert graph.get("users").status_code == 200
    assert stage.order("DELETE", "faults") == {"lifted": 1}
    for wrong in ({"action": "explode"}, {"action": "cut", "path": "("}):
        with pytest.raises(AssertionError, match="error"):
            stage.order("POST", "faults", wrong)


def test_a_page_comes_twice_and_the_round_still_ends(
    stage: Any, graph: httpx.Client, create: Callable[..., str]
) -> None:
    key = create("noa")
    for path in ("users", "users/delta", "groups/delta"):
        stage.fault("duplicate_page", path=path.partition("/")[0], count=1)
        first = graph.get(path).json()
        again = graph.get(first["@odata.nextLink"]).json()
        assert again["value"] == first["value"]
        assert "@odata.nextLink" not in again
    assert key in {one["id"] for one in graph.get("users").json()["value"]}


def test_a_body_can_come_slowly_alone_and_in_a_batch(
    stage: Any, graph: httpx.Client
) -> None:
    inner = {"requests": [{"id": "1", "method": "GET", "url": "/users"}]}
    stage.fault("slow_body", path="/users", seconds=0.3)
    for send in (
        lambda: graph.get("users"),
        lambda: graph.post("$batch", json=inner),
    ):
        started = time.monotonic()
        answer = send()
        assert answer.json()
        assert time.monotonic() - started >= 0.3
        # The head came at once: who waits for the first byte only is deceived.
        assert answer.status_code == 200
    assert [rule["hits"] for rule in stage.order("GET", "faults")] == [2]


def test_another_administrator_edits_behind_our_back(
    stage: Any, graph: httpx.Client, create: Callable[..., str], body_of: Body
) -> None:
    stage.fault("second_administrator", method="POST", path="/users$", count=1)
    made = graph.post("users", json=body_of("noa", jobTitle="Clerk")).json()
    assert made["jobTitle"] == "Clerk"
    after = graph.get(f"users/{made['id']}").json()
    assert after["jobTitle"] == "Changed by another administrator"
    newest = graph.get("auditLogs/directoryAudits").json()["value"][0]
    assert newest["initiatedBy"]["user"]["userPrincipalName"].startswith("admin@")
    edit = {"url": "/users/{user}", "method": "DELETE", "body": {}}
    stage.fault("second_administrator", path=f"/users/{made['id']}$", edit=edit)
    patch = {"id": "1", "method": "PATCH", "url": f"/users/{made['id']}",
             "headers": {"Content-Type": "application/json"},
             "body": {"jobTitle": "Judge"}}  # fmt: skip
    (item,) = graph.post("$batch", json={"requests": [patch]}).json()["responses"]
    assert item["status"] == 204
    stage.order("DELETE", "faults")
    assert graph.get(f"users/{made['id']}").status_code == 404


def test_whom_another_administrator_meets_is_the_seeds_to_say(
    stage: Any, graph: httpx.Client, create: Callable[..., str]
) -> None:
    people = [create(f"p{number}") for number in range(12)]

    def met() -> list[str]:
        stage.fault("second_administrator", id="x", path="/domains$", count=3)
        for _ in range(3):
            graph.get("domains").raise_for_status()
        stage.order("DELETE", "faults")
        found = graph.get("users?$select=id,jobTitle").json()["value"]
        hit = [one["id"] for one in found if one["jobTitle"]]
        for one in hit:
            graph.patch(f"users/{one}", json={"jobTitle": None}).raise_for_status()
        return hit

    first = met()
    assert first
    assert set(first) <= set(people)
    assert met() == first
    stage.order("POST", "conduct", {"seed": 99})
    assert met() != first


def test_what_the_seed_decides_hangs_on_no_other_call(
    stage: Any, graph: httpx.Client
) -> None:
    def struck(*, others: bool) -> list[int]:
        stage.fault("unavailable", id="other", path="/domains", probability=0.5)
        stage.fault("unavailable", id="mine", path="/users", probability=0.5)
        seen = []
        for _ in range(16):
            seen.append(graph.get("users").status_code)
            if others:
                graph.get("domains")
        stage.order("DELETE", "faults")
        return seen

    assert struck(others=False) == struck(others=True)

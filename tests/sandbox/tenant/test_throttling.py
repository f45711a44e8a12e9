"""Quotas as the vendor enforces them, in sandbox time, waits told in real time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from provisioner.sandbox.tenant.quota import Bucket, Quota, resource_units


def test_writes_are_refused_when_the_quota_is_spent_and_pass_after_the_wait(
    stage: Any, graph: httpx.Client, create: Callable[..., str]
) -> None:
    key = create("noa")
    stage.order("POST", "conduct", {"enforce_quotas": True, "clock_scale": 0.0})
    directory = next(iter(stage.world.tenants.values()))
    stage.world.quota(directory).writes.level = 2
    answers = [graph.patch(f"users/{key}", json={"city": str(n)}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [204, 204, 429]
    assert answers[2].json()["error"]["code"] == "TooManyRequests"
    assert float(answers[1].headers["x-ms-throttle-limit-percentage"]) == 1.0
    assert graph.get(f"users/{key}").status_code == 200
    stage.wait(float(answers[2].headers["Retry-After"]))
    assert graph.patch(f"users/{key}", json={"city": "x"}).status_code == 204


def test_the_wait_is_told_in_real_seconds(stage: Any, graph: httpx.Client) -> None:
    stage.order("POST", "conduct", {"enforce_quotas": True, "clock_scale": 100.0})
    directory = next(iter(stage.world.tenants.values()))
    quota = stage.world.quota(directory)
    quota.units.rate = quota.writes.rate = 1.0
    quota.units.level = 0
    answer = graph.get("users")
    assert answer.status_code == 429
    assert float(answer.headers["Retry-After"]) == pytest.approx(1.75, abs=0.1)


def test_each_item_of_a_batch_is_charged_and_refused_on_its_own(
    stage: Any, graph: httpx.Client, body_of: Callable[..., dict[str, Any]]
) -> None:
    stage.order("POST", "conduct", {"enforce_quotas": True, "clock_scale": 0.0})
    directory = next(iter(stage.world.tenants.values()))
    stage.world.quota(directory).writes.level = 5
    requests = [
        {
            "id": str(n),
            "method": "POST",
            "url": "/users",
            "headers": {"Content-Type": "application/json"},
            "body": body_of(f"p{n}"),
        }
        for n in range(8)
    ]
    found = graph.post("$batch", json={"requests": requests}).json()["responses"]
    by_id = {one["id"]: one for one in found}
    assert [by_id[str(n)]["status"] for n in range(8)] == [201] * 5 + [429] * 3
    assert all("Retry-After" in by_id[str(n)]["headers"] for n in (5, 6, 7))


@pytest.mark.parametrize(
    ("method", "template", "options", "cost"),
    [
        ("GET", "/users", {}, 2),
        ("GET", "/users", {"select": "id"}, 1),
        ("GET", "/users", {"select": "id", "top": "5", "expand": "x"}, 1),
        ("GET", "/users/{user}", {}, 1),
        ("GET", "/subscribedSkus", {}, 3),
        ("GET", "/domains/{domain}/domainNameReferences", {}, 4),
        ("POST", "/users", {}, 1),
    ],
)
def test_calls_cost_what_the_vendor_says(
    method: str, template: str, options: dict[str, str], cost: int
) -> None:
    assert resource_units(method, template, options) == cost


def test_a_bucket_is_never_fuller_than_full_and_three_thousand_writes_fit() -> None:
    bucket = Bucket(10, 5, now=0.0)
    bucket.level = 0
    bucket.fill(2.5)
    assert bucket.level == 5
    bucket.fill(100)
    assert bucket.level == 10
    quota = Quota(users=10, now=0.0)
    passed = sum(not quota.charge("PATCH", 1, now=n / 1000) for n in range(4000))
    assert 3000 <= passed <= 3000 + 4 * 20

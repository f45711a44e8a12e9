"""The sandbox's own endpoints: keyed, and honest about the state inside."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from provisioner.sandbox.tenant.world import Conduct, World


def test_nothing_opens_without_the_key(stage: Any) -> None:
    for headers in ({}, {"X-Sandbox-Key": "wrong"}):
        with stage.client() as client:
            answer = client.get(f"{stage.url}/_sandbox/health", headers=headers)
        assert answer.status_code == 401
        assert stage.world.admin_key not in answer.text


def test_health_names_the_tenants(stage: Any, graph: httpx.Client) -> None:
    health = stage.order("GET", "health")
    assert health["status"] == "ok"
    assert {one["name"] for one in health["tenants"].values()} == {"galil", "carmel"}


def test_the_clock_jumps_and_runs_faster(stage: Any) -> None:
    before = stage.order("GET", "clock")["now"]
    stage.wait(3600)
    assert stage.order("GET", "clock")["now"] - before >= 3600
    stage.order("POST", "conduct", {"clock_scale": 0.0})
    assert stage.order("GET", "clock")["now"] == stage.order("GET", "clock")["now"]


def test_seeded_users_are_whole_from_the_first_moment(
    stage: Any, graph: httpx.Client
) -> None:
    user = {
        "userPrincipalName": "noa@nof.example",
        "displayName": "נועה",
        "usageLocation": "IL",
        "licences": ["EXCHANGESTANDARD"],
        "mailboxSettings": {"timeZone": "Israel Standard Time"},
        "passwordProfile": {"password": "Xk7!quiet-olive-9"},
    }
    waiting = {**user, "userPrincipalName": "adi@nof.example", "mailboxReady": False}
    assert stage.order("POST", "users?tenant=galil", [user, waiting]) == {"users": 2}
    settings = graph.get("users/noa@nof.example/mailboxSettings").json()
    assert settings["timeZone"] == "Israel Standard Time"
    assert graph.get("users/noa@nof.example").json()["mail"] == "noa@nof.example"
    assert graph.get("users/adi@nof.example/mailboxSettings").status_code == 404
    stage.wait(5)
    assert graph.get("users/adi@nof.example/mailboxSettings").status_code == 200
    stage.order("POST", "users?tenant=galil",
                [{"userPrincipalName": "noa@nof.example", "jobTitle": "Judge"}])  # fmt: skip
    assert graph.get("users/noa@nof.example").json()["jobTitle"] == "Judge"
    assert stage.order("GET", "health")["tenants"][
        stage.world.tenants.copy().popitem()[0]
    ]


@pytest.mark.parametrize(
    "user", [{"displayName": "x"}, {"userPrincipalName": "a@b", "licences": ["none"]}]
)
def test_faulty_seeds_are_refused(stage: Any, user: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="Error"):
        stage.order("POST", "users?tenant=galil", [user])


def test_raw_state_has_everything_but_the_password(
    stage: Any, graph: httpx.Client, create: Callable[..., str]
) -> None:
    key = create("noa", jobTitle="Clerk")
    graph.delete(f"users/{key}")
    raw = {user["id"]: user for user in stage.order("GET", "users?tenant=galil")}
    assert raw[key]["deletedDateTime"]
    assert raw[key]["jobTitle"] == "Clerk"
    digest = hashlib.sha256(b"Xk7!quiet-olive-9").hexdigest()
    assert raw[key]["passwordSha256"] == digest
    assert "quiet-olive" not in str(raw)
    assert b"quiet-olive" not in stage.world.dump()


def test_unknown_orders_are_told_so(stage: Any) -> None:
    for method, path, body in (
        ("GET", "nothing", None),
        ("POST", "conduct", {"speed": 1}),
        ("GET", "users?tenant=none", None),
        ("POST", "skus?tenant=galil", {"part_number": "none", "enabled": 1}),
        ("POST", "clock", {"advance": "long"}),
    ):
        with pytest.raises(AssertionError, match="error"):
            stage.order(method, path, body)


def test_a_dumped_world_goes_on_where_it_stopped(
    stage: Any, graph: httpx.Client, create: Callable[..., str],
    license_user: Callable[..., httpx.Response],
) -> None:  # fmt: skip
    kept, binned = create("kept"), create("binned")
    license_user(kept, "4b9405b0-7788-4568-add1-99614e613b69")
    graph.delete(f"users/{binned}")
    delta = graph.get("users/delta?$deltatoken=latest").json()["@odata.deltaLink"]
    stage.order("POST", "conduct", {"replication_lag": 60})
    graph.patch(f"users/{kept}", json={"city": "Nof"})
    stage.fault("forbidden", path="/domains")
    token = stage.token()
    again = World.load(stage.world.dump(), Conduct(replication_lag=60))
    directory = again.tenants[again.tenant_for("nof.example").tenant_id]
    account = directory.accounts[kept]
    assert account.properties["city"] == "Nof"
    assert account.mailbox is not None
    assert directory.due
    assert list(directory.bin) == [binned]
    assert directory.consumed["4b9405b0-7788-4568-add1-99614e613b69"] == 1
    assert directory.history.keys() == {kept}
    assert directory.log.watched
    assert len(directory.log.entries) == 1
    assert delta
    assert again.mint.tenant(token, again.clock.now()) == directory.tenant_id
    assert again.admin_key == stage.world.admin_key
    assert [rule.action for rule in again.faults.rules] == ["forbidden"]
    assert b"the secret of the tests" not in stage.world.dump()


def test_an_answer_against_the_schema_is_a_loud_failure(
    stage: Any, graph: httpx.Client, create: Callable[..., str]
) -> None:
    stage.expects_violations = True
    bad = {"userPrincipalName": "bad@nof.example", "jobTitle": 7}
    stage.order("POST", "users?tenant=galil", [bad])
    answer = graph.get("users/bad@nof.example")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "SandboxSchemaViolation"
    assert "jobTitle" in stage.order("GET", "violations")[0]

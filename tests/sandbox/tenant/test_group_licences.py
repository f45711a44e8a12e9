"""Licences through groups: later, all or none per person, and errors on the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Create = Callable[..., str]
License = Callable[..., httpx.Response]
EXCHANGE = "4b9405b0-7788-4568-add1-99614e613b69"
E3 = "6fd2c87f-b296-42f0-b197-1e91e994b900"


@pytest.fixture
def group(graph: httpx.Client) -> str:
    body = {
        "displayName": "Licensed",
        "mailEnabled": False,
        "mailNickname": "licensed",
        "securityEnabled": True,
    }
    return str(graph.post("groups", json=body).json()["id"])


@pytest.fixture
def join(graph: httpx.Client, group: str) -> Callable[[str], None]:
    def joined(key: str) -> None:
        body = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{key}"}
        graph.post(f"groups/{group}/members/$ref", json=body).raise_for_status()

    return joined


def give(graph: httpx.Client, group: str, *add: str, remove: str = "") -> None:
    body = {
        "addLicenses": [{"skuId": one, "disabledPlans": []} for one in add],
        "removeLicenses": [remove] if remove else [],
    }
    answer = graph.post(f"groups/{group}/assignLicense", json=body)
    assert answer.status_code == 202, answer.text


def states(graph: httpx.Client, key: str) -> list[dict[str, Any]]:
    found = graph.get(f"users/{key}?$select=licenseAssignmentStates").json()
    return list(found["licenseAssignmentStates"])


def test_members_get_the_licence_later_and_lose_it_with_the_group(
    stage: Any, graph: httpx.Client, create: Create, group: str, join: Any
) -> None:
    stage.order("POST", "conduct", {"licence_lag": 10.0})
    key = create("noa")
    join(key)
    give(graph, group, EXCHANGE)
    assert states(graph, key) == []
    stage.wait(11)
    (state,) = states(graph, key)
    assert (state["assignedByGroup"], state["state"]) == (group, "Active")
    stage.wait(20)
    assert graph.get(f"users/{key}/mailboxSettings").status_code == 200
    assert graph.delete(f"groups/{group}").status_code == 400
    graph.delete(f"groups/{group}/members/{key}/$ref").raise_for_status()
    stage.wait(11)
    assert states(graph, key) == []
    assert graph.get(f"users/{key}/mailboxSettings").status_code == 404


def test_an_inherited_licence_is_not_taken_away_directly(
    stage: Any,
    graph: httpx.Client,
    create: Create,
    group: str,
    join: Any,
    license_user: License,
) -> None:
    key = create("noa")
    join(key)
    give(graph, group, EXCHANGE)
    refused = license_user(key, remove=(EXCHANGE,))
    assert refused.status_code == 400
    assert "inherited from a group" in refused.json()["error"]["message"]
    license_user(key, EXCHANGE).raise_for_status()
    ways = {state["assignedByGroup"] for state in states(graph, key)}
    assert ways == {None, group}
    license_user(key, remove=(EXCHANGE,)).raise_for_status()
    assert [state["assignedByGroup"] for state in states(graph, key)] == [group]
    give(graph, group, remove=EXCHANGE)
    assert states(graph, key) == []


def test_the_last_seat_leaves_an_error_on_the_next_person(
    stage: Any, graph: httpx.Client, create: Create, group: str, join: Any
) -> None:
    people = [create(f"p{number}") for number in range(4)]
    for one in people:
        join(one)
    give(graph, group, EXCHANGE)
    found = {one: states(graph, one)[0] for one in people}
    failing = [one for one, state in found.items() if state["state"] == "Error"]
    assert len(failing) == 1
    assert found[failing[0]]["error"] == "CountViolation"
    path = f"groups/{group}"
    flag = graph.get(f"{path}?$select=hasMembersWithLicenseErrors").json()
    assert flag["hasMembersWithLicenseErrors"] is True
    listed = graph.get(f"{path}/membersWithLicenseErrors").json()["value"]
    assert [one["id"] for one in listed] == failing
    body = [{"part_number": "EXCHANGESTANDARD", "enabled": 4}]
    stage.order("POST", "skus?tenant=galil", body)
    path = f"users/{failing[0]}/reprocessLicenseAssignment"
    assert graph.post(path).status_code == 200
    assert states(graph, failing[0])[0]["state"] == "Active"


def test_plans_that_exclude_each_other_leave_an_error(
    graph: httpx.Client,
    create: Create,
    group: str,
    join: Any,
    license_user: License,
) -> None:
    key = create("noa")
    license_user(key, E3).raise_for_status()
    join(key)
    give(graph, group, EXCHANGE)
    errors = {state["error"] for state in states(graph, key)}
    assert errors == {"None", "MutuallyExclusiveViolation"}

"""The audit: every write is in it, with who did it, to what, and what changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

Create = Callable[..., str]
License = Callable[..., httpx.Response]
AUDITS = "auditLogs/directoryAudits"
EXCHANGE = "4b9405b0-7788-4568-add1-99614e613b69"


def activities(graph: httpx.Client, **params: str) -> list[str]:
    answer = graph.get(AUDITS, params={f"${k}": v for k, v in params.items()})
    assert answer.status_code == 200, answer.text
    return [one["activityDisplayName"] for one in answer.json()["value"]]


def of(key: str) -> str:
    return f"targetResources/any(t: t/id eq '{key}')"


def test_the_life_of_a_user_is_told_newest_first(
    graph: httpx.Client, create: Create, license_user: License
) -> None:
    key = create("noa")
    graph.patch(f"users/{key}", json={"jobTitle": "Clerk"}).raise_for_status()
    graph.patch(f"users/{key}", json={"accountEnabled": False}).raise_for_status()
    license_user(key, EXCHANGE).raise_for_status()
    graph.post(f"users/{key}/revokeSignInSessions").raise_for_status()
    graph.delete(f"users/{key}").raise_for_status()
    graph.post(f"directory/deletedItems/{key}/restore").raise_for_status()
    assert activities(graph, filter=of(key)) == [
        "Restore user",
        "Delete user",
        "Update StsRefreshTokenValidFrom Timestamp",
        "Change user license",
        "Disable account",
        "Update user",
        "Update user",
        "Add user",
    ]


def test_an_entry_says_what_was_before_and_what_is_after(
    graph: httpx.Client, create: Create
) -> None:
    key = create("noa", jobTitle="Clerk")
    password = "Zz9!quiet-willow-4"
    body = {"jobTitle": "Head", "passwordProfile": {"password": password}}
    graph.patch(f"users/{key}", json=body).raise_for_status()
    wanted = f"activityDisplayName eq 'Update user' and {of(key)}"
    answer = graph.get(AUDITS, params={"$filter": wanted})
    (entry,) = answer.json()["value"]
    (target,) = entry["targetResources"]
    assert target["userPrincipalName"] == "noa@nof.example"
    assert target["modifiedProperties"] == [
        {"displayName": "JobTitle", "oldValue": '["Clerk"]', "newValue": '["Head"]'}
    ]
    assert entry["result"] == "success"
    assert entry["initiatedBy"]["app"]["displayName"] == "provisioner"
    assert entry["initiatedBy"]["user"] is None
    assert password not in answer.text
    assert graph.get(f"{AUDITS}/{entry['id']}").json()["id"] == entry["id"]


def test_a_change_by_hand_names_the_person_who_made_it(
    stage: Any, graph: httpx.Client, create: Create
) -> None:
    key = create("noa")
    by_hand = {
        "X-Sandbox-Key": stage.world.admin_key,
        "X-Sandbox-Actor": "administrator",
    }
    graph.patch(f"users/{key}", json={"jobTitle": "Wizard"}, headers=by_hand)
    forged = {**by_hand, "X-Sandbox-Key": "guessed"}
    graph.patch(f"users/{key}", json={"jobTitle": "Clerk"}, headers=forged)
    answer = graph.get(AUDITS, params={"$filter": of(key), "$top": "2"})
    last, by_admin = answer.json()["value"]
    assert last["initiatedBy"]["user"] is None
    user = by_admin["initiatedBy"]["user"]
    assert user["userPrincipalName"] == "admin@galil.onmicrosoft.example"
    assert by_admin["initiatedBy"]["app"] is None


def test_a_change_past_the_front_door_is_an_administrators(
    stage: Any, graph: httpx.Client, create: Create
) -> None:
    key = create("noa", jobTitle="Clerk")
    body = [{"userPrincipalName": "noa@nof.example", "jobTitle": "Wizard"}]
    stage.order("POST", "users?tenant=galil", body)
    answer = graph.get(AUDITS, params={"$filter": of(key), "$top": "1"})
    (entry,) = answer.json()["value"]
    user = entry["initiatedBy"]["user"]
    assert user["userPrincipalName"] == "admin@galil.onmicrosoft.example"
    (changed,) = entry["targetResources"][0]["modifiedProperties"]
    assert (changed["oldValue"], changed["newValue"]) == ('["Clerk"]', '["Wizard"]')


def test_entries_are_asked_for_by_time_and_order(
    stage: Any, graph: httpx.Client, create: Create
) -> None:
    create("early")
    stage.wait(3000)
    middle = stage.order("GET", "clock")["time"]
    stage.wait(3)
    with stage.client() as later:
        key = str(later.post("groups", json=GROUP).json()["id"])
        late = f"activityDateTime ge {middle}"
        assert activities(later, filter=late) == ["Add group"]
        assert "Add user" in activities(later, filter=f"activityDateTime le {middle}")
        assert activities(later, filter=f"{late} and {of(key)}") == ["Add group"]
        ordered = activities(later, orderby="activityDateTime asc")
        assert ordered[-1] == "Add group"
        first = later.get(f"{AUDITS}?$top=2").json()
        rest = later.get(first["@odata.nextLink"]).json()["value"]
        assert len(first["value"]) == 2
        assert rest


GROUP = {
    "displayName": "Water",
    "mailEnabled": False,
    "mailNickname": "water",
    "securityEnabled": True,
}


def test_membership_is_told_of_both_sides(graph: httpx.Client, create: Create) -> None:
    person = create("noa")
    key = graph.post("groups", json=GROUP).json()["id"]
    body = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{person}"}
    graph.post(f"groups/{key}/members/$ref", json=body).raise_for_status()
    graph.delete(f"groups/{key}/members/{person}/$ref").raise_for_status()
    graph.delete(f"groups/{key}").raise_for_status()
    assert activities(graph, filter=of(person))[:2] == [
        "Remove member from group",
        "Add member to group",
    ]
    assert activities(graph, filter=of(key)) == [
        "Delete group",
        "Remove member from group",
        "Add member to group",
        "Add group",
    ]


def test_entries_come_late_and_go_after_a_month(
    stage: Any, graph: httpx.Client, create: Create
) -> None:
    stage.order("POST", "conduct", {"replication_lag": 60.0})
    key = create("noa")
    assert activities(graph, filter=of(key)) == []
    stage.wait(61)
    assert activities(graph, filter=of(key)) == ["Add user"]
    stage.wait(40 * 86400)
    with stage.client() as later:
        later.post("groups", json=GROUP).raise_for_status()
        stage.wait(61)
        assert activities(later) == ["Add group"]

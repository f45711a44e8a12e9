"""What hangs on a person: the manager, sessions, passes, guests, mail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

Create = Callable[..., str]
License = Callable[..., httpx.Response]
EXCHANGE = "4b9405b0-7788-4568-add1-99614e613b69"


def refer(key: str) -> dict[str, str]:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{key}"}


def test_a_manager_is_set_replaced_and_removed(
    graph: httpx.Client, create: Create
) -> None:
    clerk, head, chief = create("clerk"), create("head"), create("chief")
    path = f"users/{clerk}/manager"
    assert graph.get(path).status_code == 404
    for one in (head, chief):
        assert graph.put(f"{path}/$ref", json=refer(one)).status_code == 204
    assert graph.get(path).json()["userPrincipalName"] == "chief@nof.example"
    reports = graph.get(f"users/{chief}/directReports").json()["value"]
    assert [one["id"] for one in reports] == [clerk]
    assert graph.get(f"users/{head}/directReports").json()["value"] == []
    expanded = graph.get("users", params={"$expand": "manager($select=id)"}).json()
    managers = {
        one["id"]: one.get("manager", {}).get("id") for one in expanded["value"]
    }
    assert managers[clerk] == chief
    assert graph.delete(f"{path}/$ref").status_code == 204
    assert graph.delete(f"{path}/$ref").status_code == 404


def test_sessions_are_revoked_from_now_on(
    stage: Any, graph: httpx.Client, create: Create
) -> None:
    key = create("noa")
    stage.wait(100)
    before = graph.get(f"users/{key}?$select=signInSessionsValidFromDateTime").json()
    assert graph.post(f"users/{key}/revokeSignInSessions").json()["value"] is True
    after = graph.get(f"users/{key}?$select=signInSessionsValidFromDateTime").json()
    name = "signInSessionsValidFromDateTime"
    assert after[name] > before[name]


def test_a_pass_is_told_once_and_there_is_one_at_a_time(
    stage: Any, graph: httpx.Client, create: Create
) -> None:
    key = create("noa")
    path = f"users/{key}/authentication/temporaryAccessPassMethods"
    made = graph.post(path, json={"lifetimeInMinutes": 60, "isUsableOnce": True})
    assert made.status_code == 201
    secret = made.json()["temporaryAccessPass"]
    assert len(secret) >= 8
    (listed,) = graph.get(path).json()["value"]
    assert listed["temporaryAccessPass"] is None
    assert listed["isUsable"] is True
    assert graph.post(path, json={}).status_code == 400
    assert secret.encode() not in stage.world.dump()
    assert graph.delete(f"{path}/{listed['id']}").status_code == 204
    assert graph.post(path, json={"lifetimeInMinutes": 1}).status_code == 400


def test_a_guest_is_invited_once(graph: httpx.Client) -> None:
    body = {
        "invitedUserEmailAddress": "dana@council.example",
        "inviteRedirectUrl": "https://portal.example",
        "invitedUserDisplayName": "דנה",
    }
    made = graph.post("invitations", json=body)
    assert made.status_code == 201, made.text
    key = made.json()["invitedUser"]["id"]
    guest = graph.get(f"users/{key}?$select=userType,mail,userPrincipalName").json()
    assert guest["userType"] == "Guest"
    assert guest["mail"] == "dana@council.example"
    assert guest["userPrincipalName"].startswith("dana_council.example#EXT#@")
    again = graph.post("invitations", json=body).json()
    assert again["invitedUser"]["id"] == key
    own = {**body, "invitedUserEmailAddress": "noa@nof.example"}
    assert graph.post("invitations", json=own).status_code == 400


def test_mail_is_kept_where_the_operator_can_read_it(
    stage: Any, graph: httpx.Client, create: Create, license_user: License
) -> None:
    key = create("noa")
    message = {
        "subject": "שלום",
        "body": {"contentType": "Text", "content": "…"},
        "toRecipients": [{"emailAddress": {"address": "adi@nof.example"}}],
    }
    path, body = f"users/{key}/sendMail", {"message": message}
    assert graph.post(path, json=body).status_code == 404
    license_user(key, EXCHANGE).raise_for_status()
    stage.wait(5)
    assert graph.post(path, json=body).status_code == 202
    assert graph.post(path, json={"message": {}}).status_code == 400
    (mail,) = stage.order("GET", "mails?tenant=galil")
    assert mail["to"] == ["adi@nof.example"]
    assert mail["from"] == "noa@nof.example"
    assert mail["message"]["subject"] == "שלום"

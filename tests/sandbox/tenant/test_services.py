"""What a tenant offers beside its directory: backup, reports, applications, objects."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import httpx

Create = Callable[..., str]
License = Callable[..., httpx.Response]
EXCHANGE = "4b9405b0-7788-4568-add1-99614e613b69"
POLICIES = "solutions/backupRestore/exchangeProtectionPolicies"


def test_mailboxes_come_under_a_policy_that_is_activated(
    stage: Any, graph: httpx.Client, create: Create, license_user: License
) -> None:
    key, plain = create("noa"), create("plain")
    license_user(key, EXCHANGE).raise_for_status()
    stage.wait(5)
    body = {
        "displayName": "All",
        "mailboxProtectionUnits": [{"directoryObjectId": key}],
    }
    made = graph.post(POLICIES, json=body)
    assert made.status_code == 201, made.text
    assert made.json()["status"] == "inactive"
    policy = made.json()["id"]
    path = f"solutions/backupRestore/protectionPolicies/{policy}/activate"
    assert graph.post(path).json()["status"] == "updating"
    stage.wait(90)
    assert graph.get(f"{POLICIES}/{policy}").json()["status"] == "active"
    (unit,) = graph.get(f"{POLICIES}/{policy}/mailboxProtectionUnits").json()["value"]
    assert (unit["status"], unit["directoryObjectId"]) == ("protected", key)
    wrong = {"mailboxProtectionUnits@delta": [{"directoryObjectId": plain}]}
    assert graph.patch(f"{POLICIES}/{policy}", json=wrong).status_code == 400
    gone = {"mailboxProtectionUnits@delta": [{"@removed": {}, "id": unit["id"]}]}
    graph.patch(f"{POLICIES}/{policy}", json=gone).raise_for_status()
    assert (
        graph.get("solutions/backupRestore/mailboxProtectionUnits").json()["value"]
        == []
    )
    status = graph.get("solutions/backupRestore").json()["serviceStatus"]["status"]
    assert status == "enabled"


def test_the_usage_report_has_a_row_for_each_mailbox(
    stage: Any, graph: httpx.Client, create: Create, license_user: License
) -> None:
    license_user(create("noa"), EXCHANGE).raise_for_status()
    create("without")
    stage.wait(5)
    answer = graph.get("reports/getMailboxUsageDetail(period='D7')")
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert [row["User Principal Name"] for row in rows] == ["noa@nof.example"]
    assert int(rows[0]["Storage Used (Byte)"]) >= 0
    assert graph.get("reports/getMailboxUsageDetail(period='D8')").status_code == 400


def test_objects_of_any_type_are_found_by_their_ids(
    graph: httpx.Client, create: Create
) -> None:
    person = create("noa")
    unit = graph.post("administrativeUnits", json={"displayName": "Nof"}).json()["id"]
    nobody = "00000000-0000-4000-8000-000000000000"
    path = "directoryObjects/getByIds"
    found = graph.post(path, json={"ids": [unit, person, nobody]}).json()["value"]
    assert [one["@odata.type"] for one in found] == [
        "#microsoft.graph.administrativeUnit",
        "#microsoft.graph.user",
    ]
    body = {"ids": [unit, person], "types": ["user"]}
    only = graph.post(path, json=body).json()["value"]
    assert [one["id"] for one in only] == [person]
    one = graph.get(f"directoryObjects/{person}").json()
    assert one["@odata.type"] == "#microsoft.graph.user"
    assert graph.get(f"directoryObjects/{nobody}").status_code == 404
    assert graph.post(path, json={"ids": ["x"]}).status_code == 400


def test_the_application_finds_itself(graph: httpx.Client, seeds: Any) -> None:
    client_id = seeds[0].client_id
    params = {"$filter": f"appId eq '{client_id}'"}
    (found,) = graph.get("servicePrincipals", params=params).json()["value"]
    by_key = graph.get(f"servicePrincipals(appId='{client_id}')").json()
    assert by_key["id"] == found["id"]
    assert graph.get(f"applications(appId='{client_id}')").json()["appId"] == client_id
    assert graph.get(f"directoryObjects/{found['id']}").status_code == 200


def test_a_subdomain_is_promoted_and_a_domain_in_use_removed_by_force(
    graph: httpx.Client, create: Create
) -> None:
    key = create("noa")
    graph.post("domains", json={"id": "sub.nof.example"}).raise_for_status()
    promoted = graph.post("domains/sub.nof.example/promote")
    assert promoted.json()["value"] is True
    assert graph.get("domains/sub.nof.example").json()["isRoot"] is True
    assert graph.post("domains/sub.nof.example/promote").status_code == 400
    graph.delete("domains/sub.nof.example").raise_for_status()
    assert graph.delete("domains/nof.example").status_code == 400
    forced = graph.post(
        "domains/nof.example/forceDelete", json={"disableUserAccounts": True}
    )
    assert forced.status_code == 204
    select = {"$select": "userPrincipalName,accountEnabled"}
    moved = graph.get(f"users/{key}", params=select).json()
    assert moved["userPrincipalName"] == "noa@galil.onmicrosoft.example"
    assert moved["accountEnabled"] is False

"""The recycle bin: a deleted user can come back, its name and seats may be taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

EXCHANGE = "4b9405b0-7788-4568-add1-99614e613b69"
BIN = "directory/deletedItems"
Create = Callable[..., str]
License = Callable[..., httpx.Response]


def test_a_deleted_user_is_in_the_bin_under_a_prefixed_name(
    graph: httpx.Client, create: Create
) -> None:
    key = create("noa", employeeId="7")
    assert graph.delete(f"users/{key}").status_code == 204
    assert graph.get(f"users/{key}").status_code == 404
    for cast in ("microsoft.graph.user", "graph.user"):
        (found,) = graph.get(f"{BIN}/{cast}").json()["value"]
        assert found["id"] == key
        assert found["userPrincipalName"] == key.replace("-", "") + "noa@nof.example"
        assert found["deletedDateTime"]
    one = graph.get(f"{BIN}/{key}?$select=id,employeeId").json()
    assert one["employeeId"] == "7"
    assert graph.get(BIN).status_code == 400


def test_a_restored_user_is_who_it_was(graph: httpx.Client, create: Create) -> None:
    key = create("noa", jobTitle="Clerk")
    graph.delete(f"users/{key}")
    answer = graph.post(f"{BIN}/{key}/restore")
    assert answer.status_code == 200
    assert answer.json()["userPrincipalName"] == "noa@nof.example"
    assert graph.get("users/noa@nof.example").json()["jobTitle"] == "Clerk"
    assert graph.get(f"{BIN}/graph.user").json()["value"] == []
    assert graph.post(f"{BIN}/{key}/restore").status_code == 404


def test_a_name_given_away_meanwhile_refuses_the_restore_until_another_is_given(
    graph: httpx.Client, create: Create
) -> None:
    key = create("noa")
    graph.delete(f"users/{key}")
    heir = create("noa")
    answer = graph.post(f"{BIN}/{key}/restore")
    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["code"] == "ObjectConflict"
    body = {
        "newUserPrincipalName": "noa2@nof.example",
        "autoReconcileProxyConflict": True,
    }
    assert graph.post(f"{BIN}/{key}/restore", json=body).status_code == 200
    assert graph.get("users/noa2@nof.example").json()["id"] == key
    assert graph.get("users/noa@nof.example").json()["id"] == heir


def test_deletion_frees_the_seat_and_restore_takes_one_if_there_is_one(
    stage: Any, graph: httpx.Client, create: Create, license_user: License
) -> None:
    stage.order(
        "POST", "skus?tenant=galil", [{"part_number": "EXCHANGESTANDARD", "enabled": 1}]
    )
    key = create("noa")
    license_user(key, EXCHANGE).raise_for_status()
    stage.wait(5)
    graph.patch(f"users/{key}/mailboxSettings", json={"timeFormat": "HH:mm"})
    graph.delete(f"users/{key}")
    graph.post(f"{BIN}/{key}/restore").raise_for_status()
    stage.wait(5)
    settings = graph.get(f"users/{key}/mailboxSettings").json()
    assert settings["timeFormat"] == "HH:mm"
    graph.delete(f"users/{key}")
    license_user(create("heir"), EXCHANGE).raise_for_status()
    graph.post(f"{BIN}/{key}/restore").raise_for_status()
    found = graph.get(f"users/{key}?$select=assignedLicenses").json()
    assert found["assignedLicenses"] == []


def test_purged_and_expired_users_are_gone_for_good(
    stage: Any, graph: httpx.Client, create: Create
) -> None:
    purged, expired = create("purged"), create("expired")
    for key in (purged, expired):
        graph.delete(f"users/{key}")
    assert graph.delete(f"{BIN}/{purged}").status_code == 204
    assert graph.post(f"{BIN}/{purged}/restore").status_code == 404
    stage.wait(31 * 86400)
    with stage.client() as later:
        assert later.get(f"{BIN}/graph.user").json()["value"] == []
        assert later.post(f"{BIN}/{expired}/restore").status_code == 404


def test_the_bin_is_paged_and_filtered(graph: httpx.Client, create: Create) -> None:
    for number in range(5):
        key = create(f"p{number}", department="Water" if number < 2 else "Roads")
        graph.delete(f"users/{key}")
    first = graph.get(f"{BIN}/graph.user?$top=3").json()
    second = graph.get(first["@odata.nextLink"]).json()
    assert [len(first["value"]), len(second["value"])] == [3, 2]
    assert "@odata.nextLink" not in second
    params = {"$filter": "department eq 'Water'"}
    assert len(graph.get(f"{BIN}/graph.user", params=params).json()["value"]) == 2

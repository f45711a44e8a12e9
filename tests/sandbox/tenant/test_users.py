"""Users are created, read, changed and deleted as the vendor does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Body = Callable[..., dict[str, Any]]
Create = Callable[..., str]


def error_of(answer: httpx.Response) -> dict[str, Any]:
    error: dict[str, Any] = answer.json()["error"]
    assert {"date", "request-id", "client-request-id"} <= error["innerError"].keys()
    return error


def test_a_new_user_comes_back_with_the_default_properties_only(
    graph: httpx.Client, body_of: Body
) -> None:
    answer = graph.post("users", json=body_of("noa", jobTitle="גזברית"))
    assert answer.status_code == 201
    created = answer.json()
    assert answer.headers["Location"].endswith(created["id"])
    assert created["jobTitle"] == "גזברית"
    assert "accountEnabled" not in created
    assert "password" not in answer.text


def test_most_properties_come_only_when_selected(
    graph: httpx.Client, create: Create
) -> None:
    key = create("noa", employeeId="17")
    assert "employeeId" not in graph.get(f"users/{key}").json()
    wanted = "id,EmployeeId,accountEnabled,usageLocation,onPremisesExtensionAttributes"
    found = graph.get("users/noa@nof.example", params={"$select": wanted}).json()
    assert found["id"] == key
    assert found["employeeId"] == "17"
    assert found["accountEnabled"] is True
    assert found["onPremisesExtensionAttributes"]["extensionAttribute15"] is None


def test_every_property_can_be_read_at_once(
    graph: httpx.Client, create: Create
) -> None:
    names = (
        "id,createdDateTime,deletedDateTime,identities,assignedLicenses,assignedPlans,"
        "provisionedPlans,licenseAssignmentStates,proxyAddresses,passwordProfile,"
        "securityIdentifier,businessPhones,imAddresses,onPremisesSyncEnabled,"
        "onPremisesProvisioningErrors,serviceProvisioningErrors,userType"
    )
    found = graph.get(f"users/{create('noa')}?$select={names}").json()
    assert found["userType"] == "Member"
    assert found["passwordProfile"]["password"] is None
    assert found["securityIdentifier"].startswith("S-1-12-1-")


@pytest.mark.parametrize("missing", ["displayName", "passwordProfile", "mailNickname"])
def test_a_create_without_a_required_property_is_refused(
    graph: httpx.Client, body_of: Body, missing: str
) -> None:
    body = body_of("noa")
    del body[missing]
    answer = graph.post("users", json=body)
    assert answer.status_code == 400
    assert error_of(answer)["details"][0]["target"] == missing


@pytest.mark.parametrize(
    ("given", "target"),
    [
        ({"userPrincipalName": "noa@strange.example"}, "userPrincipalName"),
        ({"userPrincipalName": "נועה@nof.example"}, "userPrincipalName"),
        ({"userPrincipalName": "noa.@nof.example"}, "userPrincipalName"),
        ({"userPrincipalName": "n" * 65 + "@nof.example"}, "userPrincipalName"),
        ({"displayName": "x" * 257}, "displayName"),
        ({"employeeId": "x" * 17}, "employeeId"),
        ({"department": "x" * 65}, "department"),
        ({"mailNickname": "two words"}, "mailNickname"),
        ({"mailNickname": ".noa"}, "mailNickname"),
        ({"mail": "נועה@nof.example"}, "mail"),
        ({"jobTitle": ""}, "jobTitle"),
        ({"usageLocation": "ISR"}, "usageLocation"),
        ({"businessPhones": ["1", "2"]}, "businessPhones"),
        ({"passwordProfile": {"password": "weak"}}, "passwordProfile"),
        ({"passwordProfile": {"password": "סיסמה-Ab1!"}}, "passwordProfile"),
        ({"passwordProfile": {"password": "Xx1!noa-Xx1!"}}, "passwordProfile"),
        ({"proxyAddresses": ["SMTP:a@nof.example"]}, "proxyAddresses"),
        ({"id": "x"}, "id"),
        ({"shoeSize": 43}, "shoeSize"),
    ],
)
def test_what_the_service_refuses_is_refused_here(
    graph: httpx.Client, body_of: Body, given: dict[str, Any], target: str
) -> None:
    answer = graph.post("users", json={**body_of("noa"), **given})
    assert answer.status_code == 400
    error = error_of(answer)
    assert error["code"] == "Request_BadRequest"
    assert error["details"][0]["target"] == target
    assert graph.get("users/noa@nof.example").status_code == 404


def test_a_name_twice_is_an_object_conflict_whatever_its_case(
    graph: httpx.Client, body_of: Body, create: Create
) -> None:
    create("noa")
    answer = graph.post("users", json=body_of("NOA"))
    assert answer.status_code == 400
    detail = error_of(answer)["details"][0]
    assert detail["code"] == "ObjectConflict"
    assert detail["target"] == "userPrincipalName"


def test_an_address_somebody_has_cannot_become_a_name(
    graph: httpx.Client, body_of: Body, create: Create
) -> None:
    create("noa", mail="info@nof.example")
    answer = graph.post("users", json=body_of("info"))
    assert error_of(answer)["details"][0]["target"] == "proxyAddresses"


def test_a_patch_changes_what_it_names_and_null_clears(
    graph: httpx.Client, create: Create
) -> None:
    key = create("noa", jobTitle="Clerk", department="Water")
    change = {
        "@odata.type": "#microsoft.graph.user",
        "JobTitle": None,
        "onPremisesExtensionAttributes": {"extensionAttribute15": "mine"},
    }
    assert graph.patch(f"users/{key}", json=change).status_code == 204
    more = {"onPremisesExtensionAttributes": {"extensionAttribute1": "a"}}
    assert graph.patch(f"users/{key}", json=more).status_code == 204
    select = "jobTitle,department,onPremisesExtensionAttributes"
    found = graph.get(f"users/{key}?$select={select}").json()
    assert (found["jobTitle"], found["department"]) == (None, "Water")
    marks = found["onPremisesExtensionAttributes"]
    assert (marks["extensionAttribute15"], marks["extensionAttribute1"]) == (
        "mine",
        "a",
    )


def test_a_mail_that_is_set_becomes_the_primary_address_and_the_old_one_stays(
    graph: httpx.Client, create: Create
) -> None:
    key = create("noa", mail="one@nof.example")
    graph.patch(f"users/{key}", json={"mail": "two@nof.example"})
    found = graph.get(f"users/{key}?$select=mail,proxyAddresses").json()
    assert found["mail"] == "two@nof.example"
    assert found["proxyAddresses"] == ["SMTP:two@nof.example", "smtp:one@nof.example"]


def test_a_renamed_user_is_found_under_the_new_name_only(
    graph: httpx.Client, create: Create
) -> None:
    key = create("noa")
    graph.patch(f"users/{key}", json={"userPrincipalName": "noa.levi@nof.example"})
    assert graph.get("users/noa@nof.example").status_code == 404
    assert graph.get("users/Noa.Levi@nof.example").json()["id"] == key


def test_administrators_and_synced_users_are_not_for_an_application(
    stage: Any, graph: httpx.Client, create: Create
) -> None:
    admin = "admin@galil.onmicrosoft.example"
    assert (
        graph.patch(f"users/{admin}", json={"accountEnabled": False}).status_code == 403
    )
    assert graph.delete(f"users/{admin}").status_code == 403
    key = create("noa")
    stage.order(
        "POST", "users?tenant=galil", [{"id": key, "onPremisesSyncEnabled": True}]
    )
    answer = graph.patch(f"users/{key}", json={"jobTitle": "x"})
    assert answer.status_code == 400
    assert "on-premises mastered" in error_of(answer)["message"]
    assert graph.patch(f"users/{key}", json={"usageLocation": "IL"}).status_code == 204


def test_a_body_that_is_no_json_and_unknown_paths_are_told_apart(
    graph: httpx.Client,
) -> None:
    answer = graph.post("users", content=b"{")
    assert error_of(answer)["code"] == "BadRequest"
    assert graph.get("nowhere").status_code == 400
    assert graph.put("users", json={}).status_code == 405
    assert graph.get("me").status_code == 400
    gone = graph.get("users/00000000-0000-4000-8000-000000000000")
    assert gone.status_code == 404
    assert error_of(gone)["code"] == "Request_ResourceNotFound"


def test_calls_are_named_in_the_answers(graph: httpx.Client) -> None:
    answer = graph.get("users?$top=1", headers={"client-request-id": "my-run"})
    assert answer.headers["client-request-id"] == "my-run"
    assert len(answer.headers["request-id"]) == 36
    assert answer.headers["x-ms-resource-unit"] == "1"

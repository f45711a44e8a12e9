"""Administrative units, their members and administrators, and directory roles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Create = Callable[..., str]
UNITS = "directory/administrativeUnits"
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"


@pytest.fixture
def unit(graph: httpx.Client) -> str:
    answer = graph.post(UNITS, json={"displayName": "Nof", "description": "נוף"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def refer(key: str) -> dict[str, str]:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{key}"}


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["value"]]


def test_a_unit_is_created_changed_binned_and_restored(
    graph: httpx.Client, unit: str, create: Create
) -> None:
    person = create("noa")
    path = f"administrativeUnits/{unit}"
    assert graph.patch(path, json={"visibility": "HiddenMembership"}).status_code == 204
    assert graph.get(path).json()["visibility"] == "HiddenMembership"
    graph.post(f"{path}/members/$ref", json=refer(person)).raise_for_status()
    assert graph.delete(path).status_code == 204
    assert ids(graph.get("directory/administrativeUnits")) == []
    binned = "directory/deletedItems"
    assert ids(graph.get(f"{binned}/microsoft.graph.administrativeUnit")) == [unit]
    assert graph.post(f"{binned}/{unit}/restore").status_code == 200
    assert ids(graph.get(f"{path}/members")) == [person]


def test_units_are_found_by_name_and_dynamic_ones_refused(
    graph: httpx.Client, unit: str
) -> None:
    params = {"$filter": "displayName eq 'nof'"}
    assert ids(graph.get(UNITS, params=params)) == [unit]
    rule = {"membershipType": "Dynamic", "membershipRule": "(user.city -eq 'x')"}
    answer = graph.post(UNITS, json={"displayName": "x", **rule})
    assert answer.status_code == 400
    assert graph.post(UNITS, json={"description": "x"}).status_code == 400


def test_people_and_groups_are_in_a_unit_and_say_so(
    graph: httpx.Client, unit: str, create: Create
) -> None:
    person, path = create("noa"), f"{UNITS}/{unit}/members"
    assert graph.post(f"{path}/$ref", json=refer(person)).status_code == 204
    assert graph.post(f"{path}/$ref", json=refer(person)).status_code == 400
    group = {
        "@odata.type": "#microsoft.graph.group",
        "displayName": "Water",
        "mailEnabled": False,
        "mailNickname": "water",
        "securityEnabled": True,
    }
    made = graph.post(path, json=group)
    assert made.status_code == 201
    key = made.json()["id"]
    assert ids(graph.get(path)) == [person, key]
    assert ids(graph.get(f"{path}/microsoft.graph.user")) == [person]
    (found,) = graph.get(f"users/{person}/memberOf").json()["value"]
    assert found["@odata.type"] == "#microsoft.graph.administrativeUnit"
    assert graph.delete(f"{path}/{person}/$ref").status_code == 204
    assert graph.delete(f"{path}/{person}/$ref").status_code == 404


def test_an_administrator_is_scoped_to_a_unit(
    graph: httpx.Client, unit: str, create: Create
) -> None:
    person, path = create("noa"), f"{UNITS}/{unit}/scopedRoleMembers"
    body = {"roleId": USER_ADMINISTRATOR, "roleMemberInfo": {"id": person}}
    made = graph.post(path, json=body)
    assert made.status_code == 201, made.text
    assert made.json()["administrativeUnitId"] == unit
    assert graph.post(path, json=body).status_code == 400
    (one,) = graph.get(path).json()["value"]
    assert one["roleMemberInfo"]["displayName"] == "noa כהן"
    assert graph.delete(f"{path}/{one['id']}").status_code == 204
    assert ids(graph.get(path)) == []


def test_roles_gain_and_lose_members_but_never_the_last_one(
    graph: httpx.Client, create: Create
) -> None:
    person = create("noa")
    (role,) = graph.get("directoryRoles").json()["value"]
    path = f"directoryRoles/{role['id']}/members"
    assert graph.post(f"{path}/$ref", json=refer(person)).status_code == 204
    assert graph.post(f"{path}/$ref", json=refer(person)).status_code == 400
    assert person in ids(graph.get(path))
    assert role["id"] in ids(graph.get(f"users/{person}/memberOf"))
    first = next(one for one in ids(graph.get(path)) if one != person)
    assert graph.delete(f"{path}/{person}/$ref").status_code == 204
    assert graph.delete(f"{path}/{first}/$ref").status_code == 400


def test_a_role_is_put_in_force_once(graph: httpx.Client) -> None:
    body: dict[str, Any] = {"roleTemplateId": USER_ADMINISTRATOR}
    made = graph.post("directoryRoles", json=body)
    assert made.status_code == 201
    assert made.json()["displayName"] == "User Administrator"
    assert graph.post("directoryRoles", json=body).status_code == 400

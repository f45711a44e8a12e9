"""Groups: security and Microsoft 365, their lives, and who is in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Create = Callable[..., str]
BIN = "directory/deletedItems"


def new_group(nickname: str, *, unified: bool = False, **more: Any) -> dict[str, Any]:
    return {
        "displayName": f"פורום {nickname}",
        "description": "מנכ״לים",
        "mailNickname": nickname,
        "mailEnabled": unified,
        "securityEnabled": True,
        "groupTypes": ["Unified"] if unified else [],
        **more,
    }


@pytest.fixture
def make(graph: httpx.Client) -> Create:
    """Creates a group and gives its id."""

    def made(nickname: str, **more: Any) -> str:
        answer = graph.post("groups", json=new_group(nickname, **more))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return made


def refer(key: str) -> dict[str, str]:
    return {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{key}"}


def said(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["message"])


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["value"]]


def test_a_group_is_created_read_changed_and_gone(
    graph: httpx.Client, make: Create
) -> None:
    key = make("heads")
    read = graph.get(f"groups/{key}").json()
    assert read["displayName"] == "פורום heads"
    assert read["mail"] is None
    assert (
        graph.patch(
            f"groups/{key}", json={"DESCRIPTION": "ראשי רשויות", "visibility": None}
        ).status_code
        == 204
    )
    params = {"$select": "description", "$expand": "members($select=id)"}
    assert graph.get(f"groups/{key}", params=params).json()["description"]
    assert graph.delete(f"groups/{key}").status_code == 204
    assert graph.get(f"groups/{key}").status_code == 404
    assert ids(graph.get(f"{BIN}/microsoft.graph.group")) == []


def test_a_microsoft_365_group_has_an_address_and_comes_back_from_the_bin(
    graph: httpx.Client, make: Create, create: Create
) -> None:
    person = create("noa")
    key = make(
        "cio", unified=True, **{"members@odata.bind": [refer(person)["@odata.id"]]}
    )
    read = graph.get(f"groups/{key}").json()
    assert read["mail"] == "cio@galil.onmicrosoft.example"
    assert read["proxyAddresses"] == ["SMTP:cio@galil.onmicrosoft.example"]
    assert graph.delete(f"groups/{key}").status_code == 204
    assert ids(graph.get(f"users/{person}/memberOf")) == []
    assert ids(graph.get(f"{BIN}/graph.group")) == [key]
    assert graph.get(f"{BIN}/{key}").json()["@odata.type"] == "#microsoft.graph.group"
    assert graph.post(f"{BIN}/{key}/restore").status_code == 200
    assert ids(graph.get(f"groups/{key}/members")) == [person]
    graph.delete(f"groups/{key}")
    assert graph.delete(f"{BIN}/{key}").status_code == 204
    assert graph.post(f"{BIN}/{key}/restore").status_code == 404


def test_an_address_taken_meanwhile_refuses_the_restore(
    stage: Any, graph: httpx.Client, make: Create
) -> None:
    key = make("cio", unified=True)
    again = graph.post("groups", json=new_group("cio", unified=True))
    detail = again.json()["error"]["details"][0]
    assert (detail["code"], detail["target"]) == ("ObjectConflict", "mailNickname")
    graph.delete(f"groups/{key}")
    make("cio", unified=True)
    assert graph.post(f"{BIN}/{key}/restore").status_code == 400
    stage.wait(31 * 86400)
    with stage.client() as later:
        assert ids(later.get(f"{BIN}/graph.group")) == []


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"groupTypes": ["DynamicMembership"], "membershipRule": "x"}, "One or more"),
        ({"mailEnabled": True}, "mail-enabled"),
        ({"mailNickname": "a b"}, "mailNickname"),
        ({"mailNickname": None}, "mailNickname"),
        ({"displayName": "x" * 257}, "displayName"),
        ({"mail": "a@b.example"}, "read-only"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_groups_not_to_be_had_are_refused_in_the_vendors_words(
    graph: httpx.Client, more: dict[str, Any], text: str
) -> None:
    answer = graph.post("groups", json={**new_group("x"), **more})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "Request_BadRequest"
    assert text in said(answer)


def test_members_are_added_once_and_removed_once(
    graph: httpx.Client, make: Create, create: Create
) -> None:
    key, person = make("heads"), create("noa")
    path = f"groups/{key}/members"
    assert graph.post(f"{path}/$ref", json=refer(person)).status_code == 204
    again = graph.post(f"{path}/$ref", json=refer(person))
    assert again.status_code == 400
    assert said(again) == (
        "One or more added object references already exist for the following modified"
        " properties: 'members'."
    )
    (member,) = graph.get(path).json()["value"]
    assert member["@odata.type"] == "#microsoft.graph.user"
    assert member["userPrincipalName"] == "noa@nof.example"
    assert graph.get(f"{path}/$ref").json()["value"][0]["@odata.id"].count(person)
    assert graph.delete(f"{path}/{person}/$ref").status_code == 204
    gone = graph.delete(f"{path}/{person}/$ref")
    assert gone.status_code == 404
    assert gone.json()["error"]["code"] == "Request_ResourceNotFound"
    nobody = "00000000-0000-4000-8000-000000000000"
    assert graph.post(f"{path}/$ref", json=refer(nobody)).status_code == 404


def test_twenty_members_are_bound_at_a_time_all_or_none(
    graph: httpx.Client, make: Create, create: Create
) -> None:
    people = [create(f"p{number}") for number in range(21)]
    urls = [refer(one)["@odata.id"] for one in people]
    key = make("heads")
    bind = "members@odata.bind"
    assert graph.patch(f"groups/{key}", json={bind: urls}).status_code == 400
    assert graph.patch(f"groups/{key}", json={bind: urls[:20]}).status_code == 204
    assert graph.patch(f"groups/{key}", json={bind: urls[19:]}).status_code == 400
    assert ids(graph.get(f"groups/{key}/members")) == people[:20]


def test_a_group_keeps_its_last_owner(
    graph: httpx.Client, make: Create, create: Create
) -> None:
    noa, adi = create("noa"), create("adi")
    owners = {"owners@odata.bind": [refer(noa)["@odata.id"]]}
    key = make("cio", unified=True, **owners)
    path = f"groups/{key}/owners"
    assert graph.delete(f"{path}/{noa}/$ref").status_code == 400
    assert graph.post(f"{path}/$ref", json=refer(adi)).status_code == 204
    assert graph.delete(f"{path}/{noa}/$ref").status_code == 204
    assert ids(graph.get(f"{path}/microsoft.graph.user")) == [adi]


def test_groups_in_groups_are_followed_all_the_way(
    graph: httpx.Client, make: Create, create: Create
) -> None:
    outer, inner, person = make("outer"), make("inner"), create("noa")
    graph.post(f"groups/{outer}/members/$ref", json=refer(inner)).raise_for_status()
    graph.post(f"groups/{inner}/members/$ref", json=refer(person)).raise_for_status()
    graph.post(f"groups/{inner}/members/$ref", json=refer(outer)).raise_for_status()
    assert ids(graph.get(f"groups/{outer}/transitiveMembers")) == [inner, person]
    assert ids(graph.get(f"groups/{outer}/transitiveMembers/graph.user")) == [person]
    assert ids(graph.get(f"users/{person}/memberOf")) == [inner]
    assert set(ids(graph.get(f"users/{person}/transitiveMemberOf"))) == {inner, outer}
    body = {"groupIds": [outer, person]}
    found = graph.post(f"users/{person}/checkMemberGroups", json=body).json()
    assert found["value"] == [outer]
    unified = make("cio", unified=True)
    wrong = graph.post(f"groups/{unified}/members/$ref", json=refer(inner))
    assert wrong.status_code == 400


def test_members_are_paged_counted_filtered_and_chosen(
    graph: httpx.Client, make: Create, create: Create
) -> None:
    key = make("heads")
    for number in range(5):
        person = create(f"p{number}", department="Water" if number < 2 else "Roads")
        graph.post(f"groups/{key}/members/$ref", json=refer(person)).raise_for_status()
    path = f"groups/{key}/members"
    first = graph.get(f"{path}?$top=3&$select=id").json()
    second = graph.get(first["@odata.nextLink"]).json()
    assert [len(first["value"]), len(second["value"])] == [3, 2]
    assert set(first["value"][0]) == {"@odata.type", "id"}
    assert graph.get(f"{path}/$count").status_code == 400
    eventual = {"ConsistencyLevel": "eventual"}
    assert graph.get(f"{path}/$count", headers=eventual).text == "5"
    params = {"$filter": "department eq 'Water'", "$count": "true"}
    found = graph.get(f"{path}/microsoft.graph.user", params=params, headers=eventual)
    assert len(found.json()["value"]) == found.json()["@odata.count"] == 2
    expanded = graph.get(f"groups/{key}?$expand=members").json()
    assert len(expanded["members"]) == 5


def test_groups_are_listed_and_filtered(graph: httpx.Client, make: Create) -> None:
    heads, cio = make("heads"), make("cio", unified=True)
    assert ids(graph.get("groups")) == [heads, cio]
    unified = {"$filter": "groupTypes/any(c:c eq 'Unified')"}
    assert ids(graph.get("groups", params=unified)) == [cio]
    named = {"$filter": "startswith(displayName,'פורום h')", "$select": "id"}
    assert ids(graph.get("groups", params=named)) == [heads]
    first = graph.get("groups?$top=1").json()
    assert ids(graph.get(first["@odata.nextLink"])) == [cio]


def test_a_replica_that_lags_shows_groups_and_members_late(
    stage: Any, graph: httpx.Client, make: Create, create: Create
) -> None:
    key, person = make("heads"), create("noa")
    stage.order("POST", "conduct", {"replication_lag": 100.0})
    graph.post(f"groups/{key}/members/$ref", json=refer(person)).raise_for_status()
    late = make("late")
    path = f"groups/{key}/members"
    assert ids(graph.get(path)) == []
    assert graph.get(f"groups/{late}").status_code == 404
    stage.wait(60)
    assert {len(ids(graph.get(path))) for _ in range(20)} == {0, 1}
    stage.wait(60)
    assert ids(graph.get(path)) == [person]
    assert graph.get(f"groups/{late}").status_code == 200
    assert next(iter(stage.world.tenants.values())).lagging() is False


def test_groups_and_members_work_inside_a_batch(
    graph: httpx.Client, make: Create, create: Create
) -> None:
    key, people = make("heads"), [create(f"p{number}") for number in range(3)]
    requests: list[dict[str, Any]] = [
        {
            "id": str(number),
            "method": "POST",
            "url": f"/groups/{key}/members/$ref",
            "headers": {"Content-Type": "application/json"},
            "body": refer(person),
        }
        for number, person in enumerate([*people, people[0]])
    ]
    answers = graph.post("$batch", json={"requests": requests}).json()["responses"]
    assert sorted(one["status"] for one in answers) == [204, 204, 204, 400]
    assert ids(graph.get(f"groups/{key}/members")) == people


def test_groups_and_ties_outlive_a_restart(
    stage: Any, graph: httpx.Client, make: Create, create: Create
) -> None:
    person = create("noa")
    key = make(
        "cio", unified=True, **{"owners@odata.bind": [refer(person)["@odata.id"]]}
    )
    graph.post(f"groups/{key}/members/$ref", json=refer(person)).raise_for_status()
    again = type(stage.world).load(stage.world.dump(), stage.world.conduct)
    directory = next(iter(again.tenants.values()))
    assert directory.groups.current(key).label == "פורום cio"
    assert list(directory.members.of(key)) == list(directory.owners.of(key)) == [person]
    assert directory.owner("cio@galil.onmicrosoft.example") == key
    assert [one.activity for one in directory.audits.entries][
        -1
    ] == "Add member to group"
    assert directory.next_seq() > max(
        one.seq for one in directory.groups.items.values()
    )

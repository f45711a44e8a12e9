"""Delta queries of groups: who is in them is tracked with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Create = Callable[..., str]
Row = dict[str, Any]


def rounds(client: httpx.Client, url: str, **headers: str) -> tuple[list[Row], str]:
    """Everything up to the delta link, and that link."""
    found: list[Row] = []
    while True:
        answer = client.get(url, headers=headers)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found += body["value"]
        if "@odata.deltaLink" in body:
            return found, body["@odata.deltaLink"]
        url = body["@odata.nextLink"]


def tie(key: str, *, gone: bool = False) -> Row:
    row: Row = {"@odata.type": "#microsoft.graph.user", "id": key}
    return {**row, "@removed": {"reason": "deleted"}} if gone else row


@pytest.fixture
def group(graph: httpx.Client) -> Callable[..., str]:
    """Creates a security group with members and gives its id."""

    def made(name: str, *members: str) -> str:
        places = [f"{graph.base_url}directoryObjects/{one}" for one in members]
        body = {
            "displayName": name,
            "mailNickname": name,
            "mailEnabled": False,
            "securityEnabled": True,
        }
        if places:
            body["members@odata.bind"] = places
        answer = graph.post("groups", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return made


def join(graph: httpx.Client, group: str, key: str) -> None:
    place = {"@odata.id": f"{graph.base_url}directoryObjects/{key}"}
    graph.post(f"groups/{group}/members/$ref", json=place).raise_for_status()


def test_a_first_round_gives_groups_with_their_members(
    graph: httpx.Client, create: Create, group: Callable[..., str]
) -> None:
    noa, adi = create("noa"), create("adi")
    both, empty = group("both", noa, adi), group("empty")
    rows = {row["id"]: row for row in rounds(graph, "groups/delta")[0]}
    assert rows[both]["members@delta"] == [tie(noa), tie(adi)]
    assert rows[both]["displayName"] == "both"
    assert "members@delta" not in rows[empty]
    (short,) = [r for r in rounds(graph, "groups/delta()?$select=displayName")[0]
                if r["id"] == both]  # fmt: skip
    assert short == {"displayName": "both", "id": both}


def test_joins_leaves_and_renames_come_with_the_next_round(
    graph: httpx.Client, create: Create, group: Callable[..., str]
) -> None:
    noa, adi = create("noa"), create("adi")
    one = group("one", noa)
    _, link = rounds(graph, "groups/delta?$select=displayName,description,members")
    join(graph, one, adi)
    graph.delete(f"groups/{one}/members/{noa}/$ref").raise_for_status()
    ((row),) = rounds(graph, link)[0]
    assert row == {"id": one, "members@delta": [tie(adi), tie(noa, gone=True)]}
    graph.patch(f"groups/{one}", json={"displayName": "first"}).raise_for_status()
    rows, link = rounds(graph, link)
    assert rows[0]["displayName"] == "first"
    assert rounds(graph, link)[0] == []
    graph.patch(f"groups/{one}", json={"description": "x"}).raise_for_status()
    ((short),) = rounds(graph, link, Prefer="return=minimal")[0]
    assert short == {"description": "x", "id": one}


def test_who_is_not_asked_for_members_is_not_told_of_them(
    graph: httpx.Client, create: Create, group: Callable[..., str]
) -> None:
    one, noa = group("one"), create("noa")
    _, link = rounds(graph, "groups/delta?$select=displayName")
    join(graph, one, noa)
    unit = graph.post("directory/administrativeUnits", json={"displayName": "u"}).json()
    place = {"@odata.id": f"{graph.base_url}directoryObjects/{noa}"}
    graph.post(f"directory/administrativeUnits/{unit['id']}/members/$ref", json=place)
    assert rounds(graph, link)[0] == []


def test_a_member_deleted_leaves_and_comes_back_with_her_restore(
    graph: httpx.Client, create: Create, group: Callable[..., str]
) -> None:
    noa = create("noa")
    one = group("one", noa)
    _, link = rounds(graph, "groups/delta?$select=members")
    graph.delete(f"users/{noa}").raise_for_status()
    rows, link = rounds(graph, link)
    assert rows == [{"id": one, "members@delta": [tie(noa, gone=True)]}]
    graph.post(f"directory/deletedItems/{noa}/restore").raise_for_status()
    rows, link = rounds(graph, link)
    assert rows == [{"id": one, "members@delta": [tie(noa)]}]
    graph.delete(f"groups/{one}").raise_for_status()
    assert rounds(graph, link)[0] == [{"id": one, "@removed": {"reason": "deleted"}}]


def test_many_groups_come_page_by_page_and_none_is_lost(
    graph: httpx.Client, group: Callable[..., str]
) -> None:
    made = [group(f"g{number}") for number in range(5)]
    first = graph.get(
        "groups/delta?$select=displayName", headers={"Prefer": "odata.maxpagesize=2"}
    ).json()
    assert len(first["value"]) == 2
    later = group("later")
    rest, link = rounds(graph, first["@odata.nextLink"])
    assert [row["id"] for row in (*first["value"], *rest)] == [*made, later]
    # Made while the snapshot was read: told again rather than lost.
    assert [row["id"] for row in rounds(graph, link)[0]] == [later]


def test_latest_lag_restart_and_the_end_of_a_token(
    stage: Any, graph: httpx.Client, create: Create, group: Callable[..., str]
) -> None:
    one, noa = group("one"), create("noa")
    rows, link = rounds(graph, "groups/delta?$deltatoken=latest")
    assert rows == []
    stage.order("POST", "conduct", {"replication_lag": 30})
    join(graph, one, noa)
    assert rounds(graph, link)[0] == []
    again = type(stage.world).load(stage.world.dump(), stage.world.conduct)
    assert next(iter(again.tenants.values())).group_log.watched
    stage.wait(31)
    rows, link = rounds(graph, link)
    assert rows[0]["members@delta"] == [tie(noa)]
    stage.wait(8 * 86400)
    with stage.client() as much_later:
        answer = much_later.get(link)
    assert answer.status_code == 410
    assert answer.headers["Location"].endswith("/groups/delta?$deltatoken=")
    assert graph.get("groups/delta?$top=5").status_code in (400, 401)

"""Reads of a tenant beside its users."""

from __future__ import annotations

import re
from typing import Any

import pytest

from provisioner.errors import PermanentProviderError, TransientProviderError
from provisioner.providers.graph.directory import Directory

pytestmark = pytest.mark.anyio

FOUNDATION = "113feb6c-3fe4-4440-bddc-54d774bf0318"
PLAN_ONE = "9aaf7827-d63c-4b61-89c3-182f06f82e5c"


async def test_a_user_is_looked_up_by_a_quoted_name(
    graph: Any, directory: Directory
) -> None:
    graph.on("GET", "/users/o'neil#1@rameh.example", graph.ok({"id": "7"}))
    found = await directory.find_user("o'neil#1@rameh.example")
    assert found is not None
    assert found.id == "7"
    assert directory.calls == 1


async def test_nobody_of_that_name_is_none(graph: Any, directory: Directory) -> None:
    graph.on("GET", "/users/.*", graph.fails(404, "Request_ResourceNotFound"))
    assert await directory.find_user("a@b.example") is None


@pytest.mark.parametrize("status", [403, 404])
async def test_a_lookup_that_failed_is_not_nobody(
    graph: Any, directory: Directory, status: int
) -> None:
    graph.on("GET", "/users/.*", graph.fails(status, "" if status == 404 else "Denied"))
    with pytest.raises(PermanentProviderError):
        await directory.find_user("a@b.example")


async def test_a_gateways_404_is_not_nobody(graph: Any, directory: Directory) -> None:
    graph.on("GET", "/users/.*", graph.html(404))
    with pytest.raises(TransientProviderError):
        await directory.find_user("a@b.example")


async def test_deleted_users_are_read_to_the_end(
    graph: Any, directory: Directory
) -> None:
    path = "/directory/deletedItems/microsoft.graph.user"
    gone = {"id": "1", "deletedDateTime": "2026-01-01T00:00:00Z"}
    graph.on("GET", path, graph.page(gone, next=f"{graph.url}/more"))
    graph.on("GET", "/more", graph.page({"id": "2"}))
    found = await directory.deleted_users()
    assert [one.id for one in found] == ["1", "2"]
    assert found[0].deleted_date_time == "2026-01-01T00:00:00Z"


def sku(name: str, *plans: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {
        "skuId": f"id-of-{name}",
        "skuPartNumber": name,
        "consumedUnits": 3,
        "prepaidUnits": {"enabled": 10, "warning": 2, "suspended": 0},
        "appliesTo": "User",
        "servicePlans": [
            {"servicePlanName": plan, "servicePlanId": plan_id}
            for plan, plan_id in plans
        ],
    } | more


async def test_only_a_real_exchange_plan_makes_a_mailbox(
    graph: Any, directory: Directory
) -> None:
    foundation = ("EXCHANGE_S_FOUNDATION", FOUNDATION)
    graph.on(
        "GET",
        "/subscribedSkus",
        graph.page(
            sku("EXCHANGESTANDARD", ("EXCHANGE_S_STANDARD", PLAN_ONE)),
            sku("POWER_BI_STANDARD", foundation, ("BI_AZURE_P0", "x")),
            sku("ARCHIVE", ("EXCHANGE_S_ARCHIVE_ADDON", "y")),
            sku("COMPANY", ("EXCHANGE_S_STANDARD", PLAN_ONE), appliesTo="Company"),
            sku("NEW", prepaidUnits=None, consumedUnits=None),
        ),
    )
    skus = {one.part_number: one for one in await directory.skus()}
    assert skus.keys() == {"EXCHANGESTANDARD", "POWER_BI_STANDARD", "ARCHIVE", "NEW"}
    assert [one.part_number for one in skus.values() if one.has_mailbox] == [
        "EXCHANGESTANDARD"
    ]
    one = skus["EXCHANGESTANDARD"]
    assert (one.sku_id, one.enabled, one.consumed, one.warning) == (
        "id-of-EXCHANGESTANDARD",
        10,
        3,
        2,
    )
    assert (skus["NEW"].enabled, skus["NEW"].consumed) == (0, 0)


def member(number: int, kind: str = "user") -> dict[str, str]:
    return {"@odata.type": f"#microsoft.graph.{kind}", "id": f"{kind}{number}"}


async def test_who_holds_a_role_is_protected_groups_opened_up(
    graph: Any, directory: Directory
) -> None:
    admins = [member(1), member(1, "servicePrincipal"), member(1, "group")]
    graph.on(
        "GET",
        "/directoryRoles",
        graph.page(
            {"id": "r1", "displayName": "Global Administrator", "members": admins},
            {"id": "r2", "displayName": "Helpdesk", "members": [member(1), member(2)]},
            {"id": "r3", "displayName": "Empty", "members": []},
        ),
    )
    graph.on(
        "GET",
        "/groups/group1/transitiveMembers/microsoft.graph.user",
        graph.page({"id": "user9"}),
    )
    assert await directory.privileged() == {
        "user1": "Global Administrator",
        "user9": "Global Administrator",
        "user2": "Helpdesk",
    }


async def test_members_that_were_cut_off_are_read_in_full(
    graph: Any, directory: Directory
) -> None:
    cut = [member(n) for n in range(20)]
    graph.on("GET", "/directoryRoles", graph.page({"id": "r1", "members": cut}))
    graph.on(
        "GET", "/directoryRoles/r1/members", graph.page(*[member(n) for n in range(33)])
    )
    assert len(await directory.privileged()) == 33


async def test_without_expand_roles_are_read_one_by_one(
    graph: Any, directory: Directory
) -> None:
    def roles(request: Any) -> Any:
        if "expand" in request.query:
            return graph.fails(400, "Request_UnsupportedQuery")
        return graph.page({"id": "r1", "displayName": "Admin"})

    graph.on("GET", "/directoryRoles", roles)
    graph.on("GET", "/directoryRoles/r1/members", graph.page(member(4)))
    assert await directory.privileged() == {"user4": "Admin"}


async def test_roles_that_may_not_be_read_are_not_nobody(
    graph: Any, directory: Directory
) -> None:
    graph.on("GET", "/directoryRoles", graph.fails(403, "Authorization_RequestDenied"))
    with pytest.raises(PermanentProviderError):
        await directory.privileged()


def mailbox(name: str, **more: Any) -> dict[str, Any]:
    plan = {"service": "exchange", "servicePlanId": PLAN_ONE}
    return {
        "id": name,
        "mail": f"{name}@rameh.example",
        "assignedPlans": [plan | {"capabilityStatus": "Enabled"}],
        "provisionedPlans": [{"service": "exchange", "provisioningStatus": "Success"}],
    } | more


UNREADY = {
    "no mail": {"mail": None},
    "nothing assigned": {"assignedPlans": []},
    "foundation only": {
        "assignedPlans": [
            {
                "service": "exchange",
                "servicePlanId": FOUNDATION,
                "capabilityStatus": "Enabled",
            }
        ]
    },
    "plan off": {
        "assignedPlans": [
            {
                "service": "exchange",
                "servicePlanId": PLAN_ONE,
                "capabilityStatus": "Deleted",
            }
        ]
    },
    "pending": {
        "provisionedPlans": [
            {"service": "exchange", "provisioningStatus": "PendingActivation"}
        ]
    },
}


@pytest.mark.parametrize("lack", UNREADY.values(), ids=UNREADY.keys())
async def test_a_mailbox_that_lacks_something_is_not_ready(
    graph: Any, directory: Directory, lack: dict[str, Any]
) -> None:
    body = {"value": [mailbox("good"), mailbox("bad", **lack), mailbox("stranger")]}
    response = {"responses": [{"id": "0", "status": 200, "body": body}]}
    graph.on("POST", r"/\$batch", graph.ok(response))
    assert await directory.ready({"good", "bad"}) == {"good"}


async def test_three_hundred_are_looked_at_in_one_call(
    graph: Any, directory: Directory
) -> None:
    def answer(request: Any) -> Any:
        responses = []
        for one in request.json["requests"]:
            names = re.findall(r"'(\w+)'", one["url"])
            assert len(names) <= 15
            body = {"value": [mailbox(name) for name in names]}
            responses.append({"id": one["id"], "status": 200, "body": body})
        return graph.ok({"responses": responses})

    graph.on("POST", r"/\$batch", answer)
    ids = {f"u{n}" for n in range(300)}
    assert await directory.ready(ids) == ids
    assert directory.calls == 1


async def test_where_the_list_is_shorter_the_list_is_read(
    graph: Any, directory: Directory
) -> None:
    everybody = [mailbox(f"u{n}") for n in range(500)]
    graph.on("GET", "/users/delta", graph.page(delta="/d"))
    graph.on("GET", "/users", graph.page(*everybody))
    await directory.users()
    before = directory.calls
    ids = {f"u{n}" for n in range(450)} | {"gone"}
    assert await directory.ready(ids) == ids - {"gone"}
    assert directory.calls == before + 1


async def test_readiness_that_cannot_be_read_is_an_error(
    graph: Any, directory: Directory
) -> None:
    body = {"error": {"code": "Denied"}}
    response = {"responses": [{"id": "0", "status": 403, "body": body}]}
    graph.on("POST", r"/\$batch", graph.ok(response))
    with pytest.raises(PermanentProviderError):
        await directory.ready({"a"})


async def test_nobody_is_ready_without_a_call(directory: Directory) -> None:
    assert await directory.ready(set()) == set()
    assert directory.calls == 0

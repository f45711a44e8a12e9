"""Reads of a tenant beside its users, and its domains."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from provisioner.errors import PermanentProviderError, TransientProviderError
from provisioner.model.cluster import Tenant
from provisioner.providers.dns import DnsRecord
from provisioner.providers.graph import limiter as limiter_module
from provisioner.providers.graph.directory import Directory, open_directory
from provisioner.providers.graph.domains import DomainState

pytestmark = pytest.mark.anyio

FOUNDATION = "113feb6c-3fe4-4440-bddc-54d774bf0318"
PLAN_ONE = "9aaf7827-d63c-4b61-89c3-182f06f82e5c"


class Nowhere:
    """Snapshots that are never there."""

    def load(self, tenant: str) -> None:
        return None

    def replace(self, tenant: str, **_: Any) -> None:
        return None

    merge = replace


@pytest.fixture
async def directory(
    graph: Any, credential: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Directory]:
    monkeypatch.setattr(limiter_module, "_LONGEST_BACKOFF", 0.01)
    tenant = Tenant("galil", "t", "c", "", "", ("EXCHANGESTANDARD",))
    one = await open_directory(
        tenant,
        credential=credential,
        base_url=graph.url,
        snapshots=Nowhere(),
        now=lambda: datetime.now(UTC),
    )
    yield one
    await one.close()


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


RAMEH = {"id": "rameh.example", "isVerified": False, "supportedServices": []}
VERIFIED = RAMEH | {"isVerified": True, "supportedServices": ["Email"]}
TAKEN = [{"code": "ObjectConflict", "target": "id"}]


async def test_domains_are_listed_by_name(graph: Any, directory: Directory) -> None:
    initial = {"id": "galil.onmicrosoft.example", "isVerified": True, "isInitial": True}
    graph.on("GET", "/domains", graph.page(VERIFIED, initial))
    listed = await directory.domains.list()
    assert listed["rameh.example"] == DomainState("rameh.example", True, ("Email",))
    assert listed["galil.onmicrosoft.example"].initial


async def test_a_domain_is_added_once(graph: Any, directory: Directory) -> None:
    graph.on("POST", "/domains", graph.ok(RAMEH, status=201))
    state = await directory.domains.create("rameh.example")
    assert not state.verified
    assert json.loads(graph.requests[0].body) == {"id": "rameh.example"}


async def test_a_lost_answer_to_adding_is_settled_by_looking(
    graph: Any, directory: Directory
) -> None:
    graph.on("POST", "/domains", graph.fails(503, "Busy"))
    graph.on("GET", "/domains/rameh.example", graph.ok(RAMEH))
    assert (await directory.domains.create("rameh.example")).name == "rameh.example"
    assert len(graph.asked("/domains")) == 1


async def test_a_lost_answer_with_nothing_there_stays_an_error(
    graph: Any, directory: Directory
) -> None:
    graph.on("POST", "/domains", graph.fails(503, "Busy"))
    graph.on("GET", "/domains/.*", graph.fails(404, "Request_ResourceNotFound"))
    with pytest.raises(TransientProviderError):
        await directory.domains.create("rameh.example")


async def test_a_domain_of_our_own_is_no_conflict(
    graph: Any, directory: Directory
) -> None:
    graph.on("POST", "/domains", graph.fails(400, "Request_BadRequest", "m", TAKEN))
    graph.on("GET", "/domains/rameh.example", graph.ok(VERIFIED))
    assert (await directory.domains.create("rameh.example")).verified


async def test_a_domain_of_another_tenant_is(graph: Any, directory: Directory) -> None:
    graph.on("POST", "/domains", graph.fails(400, "Request_BadRequest", "m", TAKEN))
    graph.on("GET", "/domains/.*", graph.fails(404, "Request_ResourceNotFound"))
    with pytest.raises(PermanentProviderError) as caught:
        await directory.domains.create("rameh.example")
    assert caught.value.code == "ObjectConflict"


async def test_the_text_to_prove_a_domain_by(graph: Any, directory: Directory) -> None:
    graph.on(
        "GET",
        "/domains/rameh.example/verificationDnsRecords",
        graph.page(
            {"recordType": "Mx", "mailExchange": "ms1.msv1.invalid"},
            {"recordType": "Txt", "text": "MS=ms12345678"},
        ),
    )
    text = await directory.domains.verification_text("rameh.example")
    assert text == "MS=ms12345678"


async def test_verifying_twice_is_fine(graph: Any, directory: Directory) -> None:
    refused = graph.fails(400, "Request_BadRequest", "Domain is already verified.")
    graph.on("POST", "/domains/rameh.example/verify", graph.ok(VERIFIED), refused)
    graph.on("GET", "/domains/rameh.example", graph.ok(VERIFIED))
    assert (await directory.domains.verify("rameh.example")).verified
    assert (await directory.domains.verify("rameh.example")).verified


async def test_a_domain_not_proven_yet_is_refused(
    graph: Any, directory: Directory
) -> None:
    refused = graph.fails(400, "Request_BadRequest", "Domain verification failed")
    graph.on("POST", "/domains/rameh.example/verify", refused)
    graph.on("GET", "/domains/rameh.example", graph.ok(RAMEH))
    with pytest.raises(PermanentProviderError, match="verification failed"):
        await directory.domains.verify("rameh.example")


async def test_services_are_set(graph: Any, directory: Directory) -> None:
    graph.on("PATCH", "/domains/rameh.example", graph.ok(status=204))
    await directory.domains.set_services("rameh.example", ("Email",))
    assert json.loads(graph.requests[0].body) == {"supportedServices": ["Email"]}


async def test_service_records_come_as_dns_records(
    graph: Any, directory: Directory
) -> None:
    name = "rameh.example"
    email = {"supportedService": "Email", "ttl": 600}
    graph.on(
        "GET",
        f"/domains/{name}/serviceConfigurationRecords",
        graph.page(
            email
            | {"recordType": "Mx", "label": name, "mailExchange": "mx.example"}
            | {"preference": 0},
            email | {"recordType": "Txt", "label": name, "text": "v=spf1 -all"},
            email
            | {"recordType": "CName", "label": f"autodiscover.{name}"}
            | {"canonicalName": "autodiscover.example"},
            {"supportedService": "Yammer", "recordType": "Txt", "label": name}
            | {"text": "x"},
            email | {"recordType": "Srv", "label": name},
        ),
    )
    assert await directory.domains.service_records(name) == (
        DnsRecord(name, "MX", "mx.example", 0, 600),
        DnsRecord(name, "TXT", "v=spf1 -all", 0, 600),
        DnsRecord(f"autodiscover.{name}", "CNAME", "autodiscover.example", 0, 600),
    )

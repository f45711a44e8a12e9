"""All users: read in full once, by what changed afterwards, and never in part."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provisioner.errors import (
    ForeignHost,
    PermanentProviderError,
    TransientProviderError,
)
from provisioner.providers.graph.changes import Changes
from provisioner.providers.graph.sender import Sender
from provisioner.providers.graph.snapshot import unpacked
from provisioner.providers.graph.users import UserReader
from provisioner.providers.graph.wire import USER_SELECT, ExtensionAttributes, User

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


@dataclass
class Stored:
    """A snapshot in memory."""

    token: str
    digest: str
    full_at: datetime
    token_at: datetime
    pages: list[bytes]
    changes: list[bytes] = field(default_factory=list)


@dataclass
class Shelf:
    """Snapshots in memory, by tenant."""

    kept: dict[str, Stored] = field(default_factory=dict)

    def load(self, tenant: str) -> Stored | None:
        return self.kept.get(tenant)

    def replace(self, tenant: str, *, token, digest, at, pages) -> None:
        self.kept[tenant] = Stored(token, digest, at, at, list(pages))

    def append(self, tenant: str, *, token, at, changes) -> None:
        one = self.kept[tenant]
        one.token, one.token_at = token, at
        one.changes += changes


class Tenant:
    """Users served in full and by delta, with a clock of their own."""

    def __init__(self, graph: Any, sender: Sender) -> None:
        self.graph = graph
        self.now = NOW
        self.shelf = Shelf()
        self.reader = UserReader(
            sender,
            tenant="galil",
            base_url=graph.url,
            snapshots=self.shelf,
            now=lambda: self.now,
        )

    def serve(self, *pages: list[dict[str, Any]]) -> None:
        """The whole list, after a token that leads to /delta1."""
        self.graph.on("GET", "/users/delta", self._token())
        for number, items in enumerate(pages):
            last = number == len(pages) - 1
            link = "" if last else f"{self.graph.url}/list{number + 1}"
            path = f"/list{number}" if number else "/users"
            self.graph.on("GET", path, self.graph.page(*items, next=link))

    def _token(self) -> Any:
        return self.graph.page(delta=f"{self.graph.url}/delta1")

    def changed(self, number: int, *items: dict[str, Any]) -> None:
        """What /deltaN tells; leads to the next."""
        link = f"{self.graph.url}/delta{number + 1}"
        self.graph.on("GET", f"/delta{number}", self.graph.page(*items, delta=link))

    async def read(self, **given: Any) -> dict[str, User]:
        self.last = await self.reader.read(**given)
        return self.last.users

    def stored(self) -> dict[str, User]:
        """What the next run will know before it asks."""
        snapshot = self.shelf.kept["galil"]
        return Changes.of(snapshot).laid_over(snapshot)


@pytest.fixture
async def tenant(graph: Any, sender: Sender) -> Tenant:
    return Tenant(graph, sender)


def user(number: int, **more: Any) -> dict[str, Any]:
    plain = {
        "id": f"u{number}",
        "userPrincipalName": f"u{number}@rameh.example",
        "displayName": "עומר",
        "jobTitle": "clerk",
        "accountEnabled": True,
        "onPremisesExtensionAttributes": {
            "extensionAttribute1": "theirs",
            "extensionAttribute15": "ours",
        },
    }
    return plain | more


async def test_the_first_read_is_full_and_kept_with_its_token(tenant: Tenant) -> None:
    tenant.serve([user(1), user(2)], [], [user(3)])
    users = await tenant.read()
    assert users.keys() == {"u1", "u2", "u3"}
    assert users["u1"].display_name == "עומר"
    assert (tenant.last.source, tenant.last.calls) == ("full", 4)
    assert tenant.stored() == users
    first, second = tenant.graph.requests[:2]
    assert "$deltaToken=latest" in first.query
    assert f"$select={USER_SELECT}" in first.query
    assert "$top=999" in second.query


async def test_with_nothing_changed_one_call_is_enough(tenant: Tenant) -> None:
    tenant.serve([user(n) for n in range(50)])
    before = await tenant.read()
    tenant.changed(1)
    assert await tenant.read() == before
    assert (tenant.last.source, tenant.last.calls) == ("delta", 1)
    assert tenant.shelf.kept["galil"].token.endswith("/delta2")


async def test_a_change_is_laid_over_what_is_known(tenant: Tenant) -> None:
    tenant.serve([user(1), user(2)])
    await tenant.read()
    tenant.changed(1, {"id": "u1", "jobTitle": None, "department": "חינוך"})
    users = await tenant.read()
    one = users["u1"]
    assert (one.job_title, one.department, one.display_name) == (None, "חינוך", "עומר")
    assert users["u2"].job_title == "clerk"
    assert tenant.stored() == users


async def test_one_changed_attribute_leaves_the_other_fourteen(tenant: Tenant) -> None:
    tenant.serve([user(1)])
    await tenant.read()
    part = {"extensionAttribute15": None, "extensionAttribute2": "new"}
    tenant.changed(1, {"id": "u1", "onPremisesExtensionAttributes": part})
    users = await tenant.read()
    attributes = users["u1"].on_premises_extension_attributes
    assert attributes == ExtensionAttributes("theirs", "new")
    assert attributes.number(15) == ""


async def test_the_attributes_can_be_emptied_as_a_whole(tenant: Tenant) -> None:
    tenant.serve([user(1)])
    await tenant.read()
    tenant.changed(1, {"id": "u1", "onPremisesExtensionAttributes": None})
    assert (await tenant.read())["u1"].on_premises_extension_attributes is None


@pytest.mark.parametrize("reason", ["changed", "deleted"])
async def test_a_removed_user_is_gone(tenant: Tenant, reason: str) -> None:
    tenant.serve([user(1), user(2)])
    await tenant.read()
    tenant.changed(1, {"id": "u1", "@removed": {"reason": reason}})
    assert (await tenant.read()).keys() == tenant.stored().keys() == {"u2"}


async def test_replays_and_the_order_of_words_come_out_right(tenant: Tenant) -> None:
    tenant.serve([user(1), user(2), user(3)])
    await tenant.read()
    gone = {"id": "u1", "@removed": {"reason": "changed"}}
    link = f"{tenant.graph.url}/more"
    first = [{"id": "u2", "jobTitle": "a"}, gone, gone, {"id": "u3", "jobTitle": "x"}]
    tenant.graph.on("GET", "/delta1", tenant.graph.page(*first, next=link))
    second = [{"id": "u2", "jobTitle": "b"}, user(1, jobTitle="back")]
    second += [{"id": "u3", "department": "y"}, {"id": "u9", "@removed": {}}]
    tenant.graph.on("GET", "/more", tenant.graph.page(*second, delta="/d"))
    users = await tenant.read()
    assert users["u2"].job_title == "b"
    assert users["u1"].job_title == "back"
    assert (users["u3"].job_title, users["u3"].department) == ("x", "y")
    assert tenant.stored() == users


async def test_a_new_user_comes_with_the_changes(tenant: Tenant) -> None:
    tenant.serve([user(1)])
    await tenant.read()
    tenant.changed(1, user(2))
    users = await tenant.read()
    assert users.keys() == tenant.stored().keys() == {"u1", "u2"}


async def test_a_part_of_somebody_unknown_makes_everything_be_read(
    tenant: Tenant,
) -> None:
    tenant.serve([user(1)])
    await tenant.read()
    tenant.changed(1, {"id": "u7", "jobTitle": "?"})
    assert (await tenant.read()).keys() == {"u1"}
    assert tenant.last.source == "full"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (410, "resyncRequired"),
        (410, ""),
        (400, "SyncStateNotFound"),
        (404, "syncStateNotFound"),
        (409, "resyncRequired"),
    ],
)
async def test_a_token_no_longer_good_makes_everything_be_read(
    tenant: Tenant, status: int, code: str
) -> None:
    tenant.serve([user(1)])
    await tenant.read()
    tenant.graph.on("GET", "/delta1", tenant.graph.fails(status, code))
    assert (await tenant.read()).keys() == {"u1"}
    assert tenant.last.source == "full"


async def test_a_day_after_the_last_full_read_comes_another(tenant: Tenant) -> None:
    tenant.serve([user(1)])
    for number in range(1, 30):
        tenant.changed(number)
    await tenant.read()
    sources = []
    for _ in range(25):
        tenant.now += timedelta(hours=1)
        await tenant.read()
        sources.append(tenant.last.source)
    assert sources[:23] == ["delta"] * 23
    assert sources.index("full") == 23
    assert sources[24] == "delta"


async def test_an_old_token_is_not_even_tried(tenant: Tenant) -> None:
    tenant.serve([user(1)])
    await tenant.read()
    tenant.shelf.kept["galil"].full_at = tenant.now
    tenant.shelf.kept["galil"].token_at = tenant.now - timedelta(days=6, minutes=1)
    await tenant.read()
    assert tenant.last.source == "full"
    assert tenant.graph.asked("/delta1") == []


async def test_other_fields_or_another_graph_start_afresh(tenant: Tenant) -> None:
    tenant.serve([user(1)])
    await tenant.read()
    tenant.shelf.kept["galil"].digest = "of other fields"
    await tenant.read()
    assert tenant.last.source == "full"


async def test_full_can_be_asked_for(tenant: Tenant) -> None:
    tenant.serve([user(1)])
    await tenant.read()
    await tenant.read(full=True)
    assert tenant.last.source == "full"


async def test_a_page_that_fails_for_good_leaves_the_snapshot_as_it_was(
    tenant: Tenant,
) -> None:
    tenant.serve([user(1), user(2)])
    await tenant.read()
    kept = tenant.stored()
    tenant.graph._handlers.clear()
    link = f"{tenant.graph.url}/broken"
    tenant.graph.on("GET", "/users/delta", tenant.graph.page(delta="/d"))
    tenant.graph.on("GET", "/users", tenant.graph.page(user(1), next=link))
    tenant.graph.on("GET", "/broken", tenant.graph.fails(500, "Broken"))
    with pytest.raises(TransientProviderError):
        await tenant.read(full=True)
    assert tenant.stored() == kept


async def test_a_delta_page_that_fails_for_good_changes_nothing(
    tenant: Tenant,
) -> None:
    tenant.serve([user(1)])
    await tenant.read()
    link = f"{tenant.graph.url}/broken"
    gone = {"id": "u1", "@removed": {"reason": "changed"}}
    tenant.graph.on("GET", "/delta1", tenant.graph.page(gone, next=link))
    tenant.graph.on("GET", "/broken", tenant.graph.fails(503, "Busy"))
    with pytest.raises(TransientProviderError):
        await tenant.read()
    assert tenant.stored().keys() == {"u1"}
    assert tenant.shelf.kept["galil"].token.endswith("/delta1")


async def test_being_denied_is_not_an_old_token(tenant: Tenant) -> None:
    tenant.serve([user(1)])
    await tenant.read()
    denied = tenant.graph.fails(403, "Authorization_RequestDenied")
    tenant.graph.on("GET", "/delta1", denied)
    with pytest.raises(PermanentProviderError):
        await tenant.read()


async def test_a_delta_link_to_another_host_is_refused(
    tenant: Tenant, elsewhere: Any
) -> None:
    tenant.serve([user(1)])
    await tenant.read()
    tenant.shelf.kept["galil"].token = f"{elsewhere.url}/users/delta?$deltatoken=x"
    with pytest.raises(ForeignHost):
        await tenant.read()
    assert elsewhere.requests == []


async def test_a_part_of_a_user_removed_before_is_no_user(tenant: Tenant) -> None:
    tenant.serve([user(1), user(2)])
    await tenant.read()
    tenant.changed(1, {"id": "u1", "@removed": {"reason": "changed"}})
    await tenant.read()
    tenant.changed(2, {"id": "u1", "jobTitle": "restored"})
    await tenant.read()
    assert tenant.last.source == "full"


async def test_changes_of_several_days_are_laid_over_in_order(tenant: Tenant) -> None:
    tenant.serve([user(1), user(2)])
    await tenant.read()
    tenant.changed(1, {"id": "u1", "jobTitle": "a", "department": "d"})
    await tenant.read()
    tenant.changed(2, {"id": "u1", "jobTitle": "b"}, user(3))
    await tenant.read()
    tenant.changed(3, {"id": "u2", "@removed": {"reason": "changed"}})
    users = await tenant.read()
    assert tenant.last.source == "delta"
    assert users.keys() == {"u1", "u3"}
    assert (users["u1"].job_title, users["u1"].department) == ("b", "d")
    assert tenant.stored() == users


async def test_one_user_on_two_pages_is_one_user(tenant: Tenant) -> None:
    tenant.serve([user(1), user(2)], [user(2, jobTitle="later")])
    users = await tenant.read()
    assert users["u2"].job_title == "later"
    assert tenant.stored() == users


async def test_a_page_is_kept_as_it_came(tenant: Tenant) -> None:
    sent = user(1, displayName="\u200fשלום", jobTitle=None)
    tenant.serve([sent])
    await tenant.read()
    (page,) = tenant.shelf.kept["galil"].pages
    assert json.loads(unpacked(page))["value"] == [sent]

"""Who changed what, from a scripted audit in the vendor's shape."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from provisioner.errors import PermanentProviderError
from provisioner.providers.graph.audits import Audits
from provisioner.providers.graph.sender import Sender

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 3, 8, 12, tzinfo=UTC)
OURS = "0a0a0a0a-1111-2222-3333-444444444444"
AUDITS = "/auditLogs/directoryAudits"
DANA = {"user": {"id": "u1", "userPrincipalName": "dana@galil.example"}, "app": None}
SELF = {"user": None, "app": {"appId": OURS.upper(), "displayName": "provisioner"}}
HR = {"user": None, "app": {"appId": "b", "displayName": "HR sync"}}


def entry(
    activity: str = "Update user",
    target: str | None = "yael",
    by: Any = DANA,
    minutes: int = 0,
    properties: tuple[str, ...] = ("JobTitle",),
    **more: Any,
) -> dict[str, Any]:
    moment = NOON + timedelta(minutes=minutes)
    modified = [
        {"displayName": name, "oldValue": '["a"]', "newValue": '["b"]'}
        for name in properties
    ]
    return {
        "id": f"Directory_{minutes}",
        "category": "UserManagement",
        "activityDateTime": f"{moment:%Y-%m-%dT%H:%M:%S}.1234567Z",
        "activityDisplayName": activity,
        "operationType": "Update",
        "result": "success",
        "initiatedBy": by,
        "targetResources": [
            {"id": target, "displayName": "y.example", "modifiedProperties": modified}
        ],
    } | more


@pytest.fixture
async def audits(sender: Sender) -> Audits:
    return Audits(sender)


async def test_entries_are_found_by_their_object_newest_first(
    audits: Audits, graph: Any
) -> None:
    graph.on(
        "GET",
        AUDITS,
        graph.page(entry(minutes=1), entry(target="omar"), next=f"{AUDITS}?page=2"),
        graph.page(entry(minutes=3, by=HR)),
    )
    trail = await audits.since(NOON)
    assert [one.who for one in trail.of("YAEL")] == ["HR sync", "dana@galil.example"]
    assert trail.of("yael")[1].activity_date_time.replace(microsecond=0) == (
        NOON + timedelta(minutes=1)
    )
    assert trail.whole
    assert not trail.of("nobody")


async def test_the_audit_is_asked_from_a_moment_on_in_large_pages(
    audits: Audits, graph: Any
) -> None:
    graph.on("GET", AUDITS, graph.page())
    await audits.since(NOON)
    (asked,) = graph.asked(AUDITS)
    query = unquote(asked.query)
    assert "$filter=activityDateTime ge 2026-03-08T12:00:00Z" in query
    assert "$top=999" in query
    assert "$orderby=activityDateTime desc" in query


async def test_what_we_did_ourselves_and_what_failed_is_left_out(
    audits: Audits, graph: Any
) -> None:
    graph.on(
        "GET",
        AUDITS,
        graph.page(entry(by=SELF), entry(result="failure"), entry(by=HR, minutes=2)),
    )
    trail = await audits.since(NOON, without_app=OURS)
    assert [one.who for one in trail.of("yael")] == ["HR sync"]


async def test_a_user_who_worked_through_our_application_is_not_us(
    audits: Audits, graph: Any
) -> None:
    graph.on("GET", AUDITS, graph.page(entry(by=DANA | {"app": SELF["app"]})))
    trail = await audits.since(NOON, without_app=OURS)
    assert [one.who for one in trail.of("yael")] == ["dana@galil.example"]


async def test_a_handful_of_pages_is_read_and_the_rest_is_said_to_be_missing(
    audits: Audits, graph: Any
) -> None:
    numbers = iter(range(2, 100))
    graph.on(
        "GET",
        AUDITS,
        lambda _: graph.page(entry(), next=f"{AUDITS}?page={next(numbers)}"),
    )
    trail = await audits.since(NOON)
    assert not trail.whole
    assert len(graph.asked(AUDITS)) == 5


async def test_a_lacking_permission_is_told_apart(audits: Audits, graph: Any) -> None:
    graph.on("GET", AUDITS, graph.fails(403, "Authorization_RequestDenied"))
    with pytest.raises(PermanentProviderError) as refused:
        await audits.since(NOON)
    assert refused.value.status == 403


@pytest.mark.parametrize(
    ("field", "activity", "properties"),
    [
        ("job_title", "Update user", ("JobTitle",)),
        ("enabled", "Disable account", ()),
        ("enabled", "Update user", ("AccountEnabled",)),
        ("licenses", "Change user license", ()),
        ("address", "Update user", ("userPrincipalName",)),
        ("members", "Add member to group", ("Group.ObjectID",)),
        ("given_name", "Update user", ("GivenName",)),
    ],
)
async def test_an_entry_touches_the_field_it_names_and_no_other(
    audits: Audits,
    graph: Any,
    field: str,
    activity: str,
    properties: tuple[str, ...],
) -> None:
    graph.on("GET", AUDITS, graph.page(entry(activity, properties=properties)))
    (one,) = (await audits.since(NOON)).of("yael")
    assert one.touches(field)
    assert not one.touches("department")


async def test_a_domain_is_found_by_its_name(audits: Audits, graph: Any) -> None:
    graph.on("GET", AUDITS, graph.page(entry("Verify domain", target=None)))
    trail = await audits.since(NOON)
    assert trail.of("Y.example")[0].touches("verified")

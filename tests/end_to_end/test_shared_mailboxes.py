"""Shared mailboxes and aliases, from the inventory to the tenant and back again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec
import pytest
import yaml
from rehearsal import Rehearsal, Rehearse

pytestmark = pytest.mark.timeout(240)

EXCHANGE = "https://outlook.office365.com"
Run = Callable[..., list[dict[str, Any]]]


def turn_on(world: Rehearsal, exchange: str = "invoke_command") -> None:
    path = world.inventory / "cluster.yml"
    cluster = yaml.safe_load(path.read_text(encoding="utf-8"))
    for tenant in cluster["tenants"]:
        tenant["exchange"] = exchange
    path.write_text(yaml.safe_dump(cluster, allow_unicode=True), encoding="utf-8")


def declare(world: Rehearsal, *shared: dict[str, Any]) -> None:
    path = world.inventory / "municipalities" / world.slugs[0] / "municipality.yml"
    town = yaml.safe_load(path.read_text(encoding="utf-8"))
    town["shared_mailboxes"] = list(shared)
    town["cbs_code"] = str(town["cbs_code"])
    path.write_text(yaml.safe_dump(town, allow_unicode=True), encoding="utf-8")


def moked(*members: str, **more: Any) -> dict[str, Any]:
    names = {"he": "מוקד עירוני", "ar": "المركز البلدي", "en": "Municipal desk"}
    reply = {"he": "פנייתך <התקבלה>", "ar": "وصلت رسالتك", "en": "We have your message"}
    return {
        "address": "moked",
        "names": names,
        "members": list(members),
        "auto_reply": reply,
        "aliases": ["gvia"],
        **more,
    }


@pytest.fixture
def world(rehearse: Rehearse) -> Rehearsal:
    found = rehearse(municipalities=1, people=14)
    turn_on(found)
    return found


@pytest.fixture
def exchange(world: Rehearsal) -> Iterator[Run]:
    """Runs a command in the tenant, as a careless administrator might."""
    state = world.state
    base = state.graph_url.removesuffix("/v1.0")
    with httpx.Client(trust_env=False) as client:
        form = {
            "grant_type": "client_credentials",
            "client_id": state.client_id,
            "client_secret": state.client_secret,
            "scope": f"{EXCHANGE}/.default",
        }
        url = f"{base}/{state.tenant_id}/oauth2/v2.0/token"
        token = client.post(url, data=form).json()["access_token"]
        headers = {
            "Authorization": f"Bearer {token}",
            "X-AnchorMailbox": f"APP:SystemMailbox@{state.tenant_id}",
        }

        def run(name: str, **given: Any) -> list[dict[str, Any]]:
            body = {"CmdletInput": {"CmdletName": name, "Parameters": given}}
            path = f"{base}/adminapi/beta/{state.tenant_id}/InvokeCommand"
            answer = client.post(path, json=body, headers=headers)
            assert answer.status_code == 200, answer.text
            value: list[dict[str, Any]] = answer.json()["value"]
            return value

        yield run


def made(world: Rehearsal) -> tuple[str, list[str]]:
    """The address of the shared mailbox, and some people who may read it."""
    slug = world.slugs[0]
    people = world.active(slug)[:3]
    declare(world, moked(*people[:2]))
    applied = world.run("apply", "--yes", "--json")
    assert applied.code == 0, applied.out + applied.err
    proofs = [p for m in applied.report["municipalities"] for p in m["proofs"]]
    mine = [one for one in proofs if one["kind"] == "shared_mailbox"]
    assert [all(c["holds"] for c in one["checks"]) for one in mine] == [True]
    return f"moked@{slug}.example", people


def test_a_shared_mailbox_is_made_proven_and_left_alone(
    world: Rehearsal, exchange: Run
) -> None:
    address, people = made(world)
    user = world.users()[address]
    assert user["accountEnabled"] is False
    assert user["licences"] == []
    found = exchange("Get-Mailbox", Identity=address)[0]
    assert f"smtp:{address.replace('moked', 'gvia')}" in found["EmailAddresses"]
    access = exchange("Get-MailboxPermission", Identity=address)
    assert [one["User"] for one in access[1:]] == sorted(people[:2])
    reply = exchange("Get-MailboxAutoReplyConfiguration", Identity=address)[0]
    assert "&lt;התקבלה&gt;" in reply["ExternalMessage"]
    assert "We have your message" in reply["ExternalMessage"]
    again = world.run("plan", "--json")
    assert again.code == 0, again.out


def test_what_is_changed_by_hand_is_found_and_repaired(
    world: Rehearsal, exchange: Run
) -> None:
    address, people = made(world)
    rights = {"Identity": address, "AccessRights": ["FullAccess"]}
    exchange("Remove-MailboxPermission", User=people[0], **rights)
    exchange("Add-MailboxPermission", User=people[2], **rights)
    exchange("Set-Mailbox", Identity=address, DisplayName="Other")
    exchange(
        "Set-MailboxAutoReplyConfiguration",
        Identity=address,
        AutoReplyState="Disabled",
    )
    drift = world.run("drift", "--json")
    assert drift.drift() == {address: "drifted"}
    repaired = world.run("apply", "--yes", "--json")
    assert repaired.code == 0, repaired.out
    access = exchange("Get-MailboxPermission", Identity=address)
    assert sorted(one["User"] for one in access[1:]) == sorted(people[:2])
    assert world.run("plan", "--json").code == 0


def test_one_taken_out_of_the_inventory_goes_out_of_service(
    world: Rehearsal, exchange: Run
) -> None:
    address, _ = made(world)
    declare(world)
    applied = world.run("apply", "--yes", "--json")
    assert applied.code == 0, applied.out
    found = exchange("Get-Mailbox", Identity=address)[0]
    assert found["HiddenFromAddressListsEnabled"]
    assert len(exchange("Get-MailboxPermission", Identity=address)) == 1
    assert world.run("plan", "--json").code == 0


def test_a_deleted_one_is_restored(world: Rehearsal, exchange: Run) -> None:
    address, _ = made(world)
    exchange("Remove-Mailbox", Identity=address)
    restored = world.run("apply", "--yes", "--json")
    assert restored.code == 0, restored.out
    assert [one["action"] for one in restored.outcomes("done")] == ["restore"]
    assert len(exchange("Get-MailboxPermission", Identity=address)) == 3


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "unavailable_after_commit", "path": "/New-Mailbox$"},
        {"action": "cut", "path": "adminapi/.*batch$", "count": 2},
        {"action": "throttle", "path": "InvokeCommand", "count": 9, "retry_after": 0.1},
        {"action": "server_error_html", "path": "adminapi/.*batch$", "count": 2},
    ],
    ids=lambda one: one["action"],
)
def test_faults_that_pass_leave_no_second_mailbox(
    world: Rehearsal, exchange: Run, fault: dict[str, Any]
) -> None:
    world.fault(**({"count": 1} | fault))
    made(world)
    assert len(exchange("Get-Mailbox", RecipientTypeDetails="SharedMailbox")) == 1


def test_lagging_replicas_are_waited_for(rehearse: Rehearse) -> None:
    lagging = rehearse(municipalities=1, people=14, replication_lag=1.5)
    turn_on(lagging)
    made(lagging)


def test_without_the_interface_the_plan_says_what_stays_undone(
    world: Rehearsal,
) -> None:
    turn_on(world, "off")
    slug = world.slugs[0]
    declare(world, moked(world.active(slug)[0]))
    applied = world.run("apply", "--yes", "--json")
    assert applied.code == 2
    changes = [
        one
        for town in applied.report["municipalities"]
        for one in town["changes"]
        if one["kind"] == "shared_mailbox"
    ]
    assert [one["writes"] for one in changes] == [0]
    told = "\n".join(changes[0]["by_hand"])
    assert "exchange: off" in told
    assert f"New-Mailbox -Shared:$true -Name 'provisioner.{slug}.moked'" in told
    assert f"moked@{slug}.example" not in world.users()


def test_a_missing_right_is_one_clear_sentence(world: Rehearsal) -> None:
    declare(world, moked())
    world.fault("forbidden", path="adminapi")
    planned = world.run("plan", "--json")
    assert planned.code == 1
    assert b"Exchange.ManageAsApp" in msgspec.json.encode(planned.report)

"""Exchange's command interface: shared mailboxes, addresses, rights, replies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from provisioner.sandbox.tenant.clock import Clock
from provisioner.sandbox.tenant.seed import Conduct, TenantSeed
from provisioner.sandbox.tenant.tokens import EXCHANGE
from provisioner.sandbox.tenant.world import World

SYSTEM = "SystemMailbox{bb558c35-97f1-4cb9-8ff7-d53741dc928c}"
LICENCE = "4b9405b0-7788-4568-add1-99614e613b69"
Run = Callable[..., httpx.Response]


@pytest.fixture
def exchange(
    stage: Any, graph: httpx.Client, seeds: list[TenantSeed]
) -> Iterator[httpx.Client]:
    """Signed in to Exchange of the first tenant, whose domain is verified."""
    form = {
        "grant_type": "client_credentials",
        "client_id": seeds[0].client_id,
        "client_secret": seeds[0].client_secret,
        "scope": f"{EXCHANGE}/.default",
    }
    url = f"{stage.url}/{seeds[0].tenant_id}/oauth2/v2.0/token"
    token = graph.post(url, data=form).json()["access_token"]
    headers = {
        "Authorization": f"Bearer {token}",
        "X-AnchorMailbox": f"APP:{SYSTEM}@{seeds[0].tenant_id}",
    }
    base = f"{stage.url}/adminapi/beta/{seeds[0].tenant_id}/"
    with httpx.Client(base_url=base, headers=headers, trust_env=False) as client:
        yield client


@pytest.fixture
def run(exchange: httpx.Client) -> Run:
    def sent(name: str, /, headers: dict[str, str] | None = None, **given: Any) -> Any:
        body = {"CmdletInput": {"CmdletName": name, "Parameters": given}}
        return exchange.post("InvokeCommand", json=body, headers=headers)

    return sent


@pytest.fixture
def rows(run: Run) -> Callable[..., list[dict[str, Any]]]:
    def found(name: str, **given: Any) -> list[dict[str, Any]]:
        answer = run(name, **given)
        assert answer.status_code == 200, answer.text
        value: list[dict[str, Any]] = answer.json()["value"]
        return value

    return found


Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def moked(rows: Rows) -> str:
    """A shared mailbox; gives the id of its user."""
    made = rows(
        "New-Mailbox",
        Shared=True,
        Name="moked",
        DisplayName="מוקד עירוני",
        PrimarySmtpAddress="moked@nof.example",
    )
    return str(made[0]["ExternalDirectoryObjectId"])


@pytest.fixture
def person(
    create: Callable[..., str], license_user: Callable[..., Any], stage: Any
) -> str:
    identifier = create("noa")
    license_user(identifier, LICENCE)
    stage.wait(5)
    return identifier


def add(*addresses: str) -> dict[str, Any]:
    return {"@odata.type": "#Exchange.GenericHashTable", "Add": list(addresses)}


def test_a_shared_mailbox_shows_in_graph_without_a_licence(
    moked: str, graph: httpx.Client
) -> None:
    fields = "accountEnabled,mail,proxyAddresses,assignedLicenses,displayName"
    user = graph.get(f"users/{moked}", params={"$select": fields}).json()
    assert not user["accountEnabled"]
    assert user["mail"] == "moked@nof.example"
    assert user["displayName"] == "מוקד עירוני"
    assert "SMTP:moked@nof.example" in user["proxyAddresses"]
    assert user["assignedLicenses"] == []
    settings = graph.get(f"users/{moked}/mailboxSettings").json()
    assert settings["userPurpose"] == "shared"


def test_what_exchange_did_reaches_graph_after_the_lag(
    stage: Any, rows: Rows, graph: httpx.Client
) -> None:
    stage.world.behave(Conduct(replication_lag=60.0))
    made = rows(
        "New-Mailbox", Shared=True, Name="i", PrimarySmtpAddress="i@nof.example"
    )
    path = f"users/{made[0]['ExternalDirectoryObjectId']}"
    assert 404 in {graph.get(path).status_code for _ in range(9)}
    assert rows("Get-Mailbox", Identity="i@nof.example")
    stage.wait(61)
    assert {graph.get(path).status_code for _ in range(9)} == {200}


def test_addresses_are_added_removed_and_replaced(
    moked: str, rows: Rows, graph: httpx.Client
) -> None:
    rows("Set-Mailbox", Identity=moked, EmailAddresses=add("gvia@nof.example"))
    found = rows("Get-Mailbox", Identity="gvia@nof.example")[0]
    assert "smtp:gvia@nof.example" in found["EmailAddresses"]
    rows("Set-Mailbox", Identity=moked, EmailAddresses=add("SMTP:info@nof.example"))
    user = graph.get(f"users/{moked}", params={"$select": "mail,proxyAddresses"}).json()
    assert user["mail"] == "info@nof.example"
    assert "smtp:moked@nof.example" in user["proxyAddresses"]
    gone = {"@odata.type": "#Exchange.GenericHashTable", "Remove": "gvia@nof.example"}
    rows("Set-Mailbox", Identity=moked, EmailAddresses=gone)
    whole = ["SMTP:moked@nof.example", "smtp:a@nof.example"]
    rows("Set-Mailbox", Identity=moked, EmailAddresses=whole)
    found = rows("Get-Mailbox", Identity=moked)[0]
    assert found["EmailAddresses"] == whole


@pytest.mark.parametrize(
    ("wish", "exception"),
    [
        (add("noa@nof.example"), "ProxyAddressExistsException"),
        (add("a@strange.example"), "NotAcceptedDomainException"),
        ({"Add": ["a@nof.example"]}, "ParameterBindingException"),
        (["smtp:a@nof.example"], "DataValidationException"),
    ],
)
def test_wrong_addresses_are_refused_by_name(
    moked: str, person: str, run: Run, wish: Any, exception: str
) -> None:
    answer = run("Set-Mailbox", Identity=moked, EmailAddresses=wish)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert isinstance(error["details"], dict)
    assert f"{exception}|" in error["details"]["message"]
    assert exception in error["innererror"]["internalException"]["message"]


def test_rights_are_given_shown_and_taken(
    moked: str, person: str, run: Run, rows: Rows
) -> None:
    access = {
        "Identity": moked,
        "User": "noa@nof.example",
        "AccessRights": "FullAccess",
    }
    trust = {"Identity": moked, "Trustee": person, "AccessRights": ["SendAs"]}
    rows("Add-MailboxPermission", **access)
    rows("Add-RecipientPermission", **trust, Confirm=False)
    users = [one["User"] for one in rows("Get-MailboxPermission", Identity=moked)]
    assert users == ["NT AUTHORITY\\SELF", "noa@nof.example"]
    found = rows("Get-RecipientPermission", Identity=moked)
    assert [one["Trustee"] for one in found][1:] == ["noa@nof.example"]
    again = run("Add-MailboxPermission", **access).json()
    assert "already present" in again["@adminapi.warnings"][0]
    rows("Remove-MailboxPermission", **access, Confirm=False)
    rows("Remove-RecipientPermission", **trust, Confirm=False)
    assert len(rows("Get-MailboxPermission", Identity=moked)) == 1
    assert len(rows("Get-RecipientPermission", Identity=moked)) == 1


def test_an_automatic_reply_is_wrapped_and_shows_in_graph(
    moked: str, rows: Rows, graph: httpx.Client
) -> None:
    rows(
        "Set-MailboxAutoReplyConfiguration",
        Identity=moked,
        AutoReplyState="Enabled",
        ExternalAudience="All",
        InternalMessage="<p>תודה</p>",
        ExternalMessage="<p>תודה</p>",
    )
    found = rows("Get-MailboxAutoReplyConfiguration", Identity=moked)[0]
    assert found["AutoReplyState"] == "Enabled"
    assert found["ExternalMessage"].startswith("<html>")
    settings = graph.get(f"users/{moked}/mailboxSettings").json()
    assert settings["automaticRepliesSetting"]["status"] == "alwaysEnabled"


def test_a_persons_mailbox_becomes_shared_and_outlives_its_licence(
    person: str,
    rows: Rows,
    license_user: Callable[..., Any],
    graph: httpx.Client,
) -> None:
    rows("Set-Mailbox", Identity=person, Type="Shared")
    license_user(person, remove=(LICENCE,))
    shared = rows("Get-Mailbox", RecipientTypeDetails="SharedMailbox")
    assert [one["ExternalDirectoryObjectId"] for one in shared] == [person]
    assert graph.get(f"users/{person}/mailboxSettings").status_code == 200


def test_graph_learns_of_a_conversion_after_the_lag(
    stage: Any, person: str, rows: Rows, graph: httpx.Client
) -> None:
    stage.world.behave(Conduct(conversion_lag=60.0))

    def purpose() -> str:
        return str(graph.get(f"users/{person}/mailboxSettings").json()["userPurpose"])

    rows("Set-Mailbox", Identity=person, Type="Shared")
    assert rows("Get-Mailbox", RecipientTypeDetails="SharedMailbox")
    assert purpose() == "user"
    stage.wait(61)
    assert purpose() == "shared"
    rows("Set-Mailbox", Identity=person, Type="Regular")
    assert purpose() == "shared"
    stage.wait(61)
    assert purpose() == "user"


def test_a_licence_taken_before_the_conversion_is_known_takes_the_mailbox(
    stage: Any,
    person: str,
    run: Run,
    rows: Rows,
    license_user: Callable[..., Any],
    graph: httpx.Client,
) -> None:
    stage.world.behave(Conduct(conversion_lag=60.0))
    rows("Set-Mailbox", Identity=person, Type="Shared")
    license_user(person, remove=(LICENCE,))
    assert run("Get-Mailbox", Identity=person).status_code == 404
    assert graph.get(f"users/{person}/mailboxSettings").status_code == 404


def test_a_shared_mailbox_above_fifty_gigabytes_needs_a_licence(
    stage: Any,
    seeds: list[TenantSeed],
    person: str,
    rows: Rows,
    license_user: Callable[..., Any],
) -> None:
    order: dict[str, Any] = {"size": 61 << 30}
    order["address"] = rows("Get-Mailbox", Identity=person)[0]["PrimarySmtpAddress"]
    stage.order("POST", f"mailbox?tenant={seeds[0].tenant_id}", order)

    def statistics() -> dict[str, Any]:
        return rows("Get-MailboxStatistics", Identity=person)[0]

    rows("Set-Mailbox", Identity=person, Type="Shared")
    assert statistics()["TotalItemSize"] == "61 GB (65,498,251,264 bytes)"
    assert statistics()["StorageLimitStatus"] == "BelowLimit"
    license_user(person, remove=(LICENCE,))
    assert statistics()["StorageLimitStatus"] == "MailboxDisabled"


def test_a_removed_mailbox_comes_back_with_its_user(
    moked: str, run: Run, rows: Rows, graph: httpx.Client
) -> None:
    rows("Set-CASMailbox", Identity=moked, ImapEnabled=False)
    rows("Remove-Mailbox", Identity=moked, Confirm=False)
    assert run("Get-Mailbox", Identity=moked).status_code == 404
    assert graph.get(f"users/{moked}").status_code == 404
    back = graph.post(f"directory/deletedItems/{moked}/restore")
    assert back.json()["userPrincipalName"] == "moked@nof.example"
    assert not rows("Get-CASMailbox", Identity=moked)[0]["ImapEnabled"]


def test_large_answers_come_in_pages_by_posting_again(
    exchange: httpx.Client, rows: Rows
) -> None:
    for number in range(5):
        rows(
            "New-Mailbox", Shared=True, Name=f"m{number}",
            PrimarySmtpAddress=f"m{number}@nof.example",
        )  # fmt: skip
    body = {"CmdletInput": {"CmdletName": "Get-Mailbox",
            "Parameters": {"ResultSize": "Unlimited"}}}  # fmt: skip
    url, seen = "InvokeCommand?$select=PrimarySmtpAddress", []
    while url:
        headers = {"Prefer": "odata.maxpagesize=2"}
        page = exchange.post(url, json=body, headers=headers).json()
        assert len(page["value"]) <= 2
        assert all(set(one) == {"PrimarySmtpAddress"} for one in page["value"])
        seen += [one["PrimarySmtpAddress"] for one in page["value"]]
        url = page.get("@odata.nextLink")
    assert seen == [f"m{number}@nof.example" for number in range(5)]


def test_a_batch_answers_each_of_ten_by_itself(
    exchange: httpx.Client, moked: str
) -> None:
    def item(number: int, identity: str) -> dict[str, Any]:
        body = {"CmdletInput": {"CmdletName": "Get-Mailbox",
                "Parameters": {"Identity": identity}}}  # fmt: skip
        url = f"{exchange.base_url}InvokeCommand?"
        headers = {"X-CmdletName": "Get-Mailbox", "Content-Type": "application/json"}
        return {"id": str(number), "url": url, "method": "POST", "headers": headers,
                "body": body}  # fmt: skip

    requests = [item(n, moked if n % 2 else "nobody@nof.example") for n in range(10)]
    answers = exchange.post("$batch", json={"requests": requests}).json()["responses"]
    assert [one["status"] for one in answers] == [404, 200] * 5
    assert answers[1]["body"]["value"][0]["IsShared"]
    more = [*requests, item(10, moked)]
    assert exchange.post("$batch", json={"requests": more}).status_code == 400


def test_strangers_are_refused(
    stage: Any, exchange: httpx.Client, run: Run, graph: httpx.Client
) -> None:
    body = {"CmdletInput": {"CmdletName": "Get-Mailbox"}}
    url = f"{exchange.base_url}InvokeCommand"
    assert graph.post(url, json=body).status_code == 401
    assert run("Get-Mailbox", headers={"X-AnchorMailbox": ""}).status_code == 400
    answer = run("Get-Everything")
    assert "CommandNotFoundException" in answer.json()["error"]["details"]["message"]
    answer = run("Get-Mailbox", Database="DB1")
    assert "ParameterBindingException" in answer.json()["error"]["details"]["message"]
    other = url.replace("11111111", "21111111")
    assert exchange.post(other, json=body).status_code == 403


def test_names_and_routing_addresses_are_taken_once(moked: str, run: Run) -> None:
    again = run(
        "New-Mailbox", Shared=True, Name="moked", PrimarySmtpAddress="x@nof.example"
    )
    assert "ADObjectAlreadyExists" in again.json()["error"]["details"]["message"]
    twin = run(
        "New-Mailbox", Shared=True, Name="other", Alias="moked",
        PrimarySmtpAddress="x@nof.example",
    )  # fmt: skip
    assert "ProxyAddressExists" in twin.json()["error"]["details"]["message"]


def test_faults_strike_commands_alone_and_in_batches(
    stage: Any, moked: str, run: Run, rows: Rows
) -> None:
    stage.fault("throttle", path="InvokeCommand/Get-Mailbox$", count=1, retry_after=2)
    answer = run("Get-Mailbox")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2.000")
    stage.fault("unavailable_after_commit", path="New-Mailbox", count=1)
    made = {"Shared": True, "Name": "n", "PrimarySmtpAddress": "n@nof.example"}
    assert run("New-Mailbox", **made).status_code == 503
    assert rows("Get-Mailbox", Identity="n@nof.example")


def test_commands_have_a_budget_of_their_own(stage: Any, moked: str, run: Run) -> None:
    stage.world.behave(Conduct(enforce_quotas=True))
    statuses = [run("Get-AcceptedDomain").status_code for _ in range(950)]
    assert statuses[0] == 200
    assert 429 in statuses


def test_mailboxes_rights_and_replies_survive_a_restart(
    stage: Any, moked: str, person: str, rows: Rows
) -> None:
    rights = {"User": person, "AccessRights": "FullAccess"}
    rows("Add-MailboxPermission", Identity=moked, **rights)
    rows("Set-Mailbox", Identity=moked, HiddenFromAddressListsEnabled=True)
    world = World.load(stage.world.dump(), Conduct())
    assert isinstance(world.clock, Clock)
    mailbox = next(iter(world.tenants.values())).accounts[moked].mailbox
    assert mailbox is not None
    assert mailbox.shared
    assert mailbox.office.full_access == (person,)
    assert mailbox.office.hidden


def test_distribution_groups_are_none_here(run: Run, rows: Rows) -> None:
    assert rows("Get-DistributionGroup") == []
    found = run("Set-DistributionGroup", Identity="all", DisplayName="All")
    assert found.status_code == 404

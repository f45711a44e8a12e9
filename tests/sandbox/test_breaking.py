"""What `sandbox break` does is seen in the tenant, the DNS or the next answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import dns.resolver
import httpx
import pytest

from provisioner.errors import SandboxError
from provisioner.sandbox.breaking import BREAKAGES, breakage, mend
from provisioner.sandbox.outsider import SELECT, call, order, signed_in
from provisioner.sandbox.state import SandboxState

NOF = "nof.example"
Person = tuple[httpx.Client, str, str]


@pytest.fixture(scope="module")
def people(
    sandbox: SandboxState,
    add_domain: Callable[[httpx.Client, str], None],
    add_person: Callable[[httpx.Client, str], str],
) -> Iterator[Callable[[str], Person]]:
    """Makes a licensed person in the first tenant: the client, the address, the id."""
    with signed_in(sandbox, sandbox.tenants[0]) as client:
        add_domain(client, NOF)

        def make(name: str) -> Person:
            address = f"{name}@{NOF}"
            return client, address, add_person(client, address)

        yield make


def broken(state: SandboxState, name: str, **options: object) -> str:
    return breakage(name, options)(state, **options)


def user_of(client: httpx.Client, key: str) -> dict[str, object]:
    return call(client, "GET", f"users/{key}?$select={SELECT}")


def test_the_audit_names_the_person_who_meddled(
    sandbox: SandboxState, people: Callable[[str], Person]
) -> None:
    client, address, key = people("yael")
    broken(sandbox, "edit-title", person=address)
    wanted = f"$filter=targetResources/any(t: t/id eq '{key}')&$top=1"
    (entry,) = call(client, "GET", f"auditLogs/directoryAudits?{wanted}")["value"]
    assert entry["activityDisplayName"] == "Update user"
    assert "@" in entry["initiatedBy"]["user"]["userPrincipalName"]


def test_people_are_edited_through_the_tenants_own_graph(
    sandbox: SandboxState, people: Callable[[str], Person]
) -> None:
    client, address, key = people("dana")
    assert address in broken(sandbox, "edit-title", person=address, value="קוסמת")
    assert user_of(client, key)["jobTitle"] == "קוסמת"
    broken(sandbox, "disable-account", person=address)
    assert user_of(client, key)["accountEnabled"] is False
    broken(sandbox, "remove-licence", person=address)
    assert user_of(client, key)["assignedLicenses"] == []
    with pytest.raises(SandboxError, match="no licence to lose"):
        broken(sandbox, "remove-licence", person=address)
    broken(sandbox, "delete-user", person=address)
    with pytest.raises(SandboxError, match="404"):
        user_of(client, key)
    bin_ = call(client, "GET", "directory/deletedItems/microsoft.graph.user")["value"]
    assert key in [one["id"] for one in bin_]


def test_somebody_is_found_where_only_the_domain_is_said(
    sandbox: SandboxState, people: Callable[[str], Person]
) -> None:
    client, _, key = people("tal")
    told = broken(sandbox, "edit-title", domain=NOF, value="Owl")
    name = told.partition(" ")[0]
    assert name.endswith("@" + NOF)
    assert user_of(client, name)["jobTitle"] == "Owl"
    call(client, "DELETE", f"users/{key}")


def test_mailbox_settings_are_changed(
    sandbox: SandboxState, people: Callable[[str], Person]
) -> None:
    client, address, key = people("lior")
    broken(sandbox, "change-settings", person=address)
    settings = call(client, "GET", f"users/{key}/mailboxSettings")
    assert settings["timeZone"] == "Pacific Standard Time"
    call(client, "DELETE", f"users/{key}")


def test_a_stranger_appears(
    sandbox: SandboxState, people: Callable[[str], Person]
) -> None:
    client = people("gal")[0]
    name = broken(sandbox, "create-stranger", domain=NOF).partition(" ")[0]
    assert user_of(client, name)["displayName"] == "Stranger"


def test_dns_is_changed_fails_and_is_mended(
    sandbox: SandboxState, people: Callable[[str], Person]
) -> None:
    people("adi")
    host, _, port = sandbox.dns.partition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port, resolver.lifetime = [host], int(port), 3.0
    broken(sandbox, "change-mx", domain=NOF)
    (mx,) = resolver.resolve(NOF, "MX")
    assert mx.exchange.to_text() == "mail.elsewhere.example."
    broken(sandbox, "remove-record", domain=NOF)
    with pytest.raises(dns.resolver.NXDOMAIN):
        resolver.resolve(f"_dmarc.{NOF}", "TXT")
    broken(sandbox, "dns-fail", domain=NOF)
    with pytest.raises(dns.resolver.NoNameservers):
        resolver.resolve(NOF, "TXT")
    mend(sandbox)
    (mx,) = resolver.resolve(NOF, "MX")
    assert "outlook" in mx.exchange.to_text()
    assert resolver.resolve(f"_dmarc.{NOF}", "TXT")


@pytest.mark.parametrize(
    ("name", "options", "status"),
    [
        ("throttle", {"count": 1, "seconds": 2.5}, 429),
        ("unavailable", {"count": 1}, 503),
        ("forbid", {"count": 1}, 403),
        ("html-error", {"count": 1}, 502),
        ("concurrency", {"count": 1}, 409),
    ],
)
def test_a_bad_day_strikes_as_often_as_said_and_then_passes(
    sandbox: SandboxState,
    galil: httpx.Client,
    name: str,
    options: dict[str, object],
    status: int,
) -> None:
    broken(sandbox, name, path="^/v1.0/users", **options)
    answer = galil.get("users?$top=1")
    assert answer.status_code == status
    if name == "throttle":
        assert float(answer.headers["Retry-After"]) == 2.5
    assert galil.get("users?$top=1").status_code == 200


def test_success_is_hidden_behind_a_503(
    sandbox: SandboxState, people: Callable[[str], Person]
) -> None:
    client = people("noga")[0]
    broken(sandbox, "unavailable-after-commit")
    body = {
        "accountEnabled": True,
        "displayName": "x",
        "mailNickname": "hidden",
        "userPrincipalName": f"hidden@{NOF}",
        "passwordProfile": {"password": "Xk7!quiet-olive-9"},
    }
    assert client.post("users", json=body).status_code == 503
    assert user_of(client, f"hidden@{NOF}")["displayName"] == "x"


def test_pages_empty_answers_end_early_and_tokens_expire(
    sandbox: SandboxState, galil: httpx.Client
) -> None:
    delta = galil.get("users/delta?$deltaToken=latest").json()["@odata.deltaLink"]
    broken(sandbox, "empty-page")
    page = galil.get("users?$top=1").json()
    assert page["value"] == []
    assert "@odata.nextLink" in page
    for value in ("cut", "truncated"):
        broken(sandbox, "cut", value=value, path="^/v1.0/users")
        with pytest.raises(httpx.TransportError):
            galil.get("users?$top=1")
    broken(sandbox, "expire-delta")
    assert galil.get(delta).status_code == 410
    broken(sandbox, "slow", seconds=0.2, count=1)
    assert galil.get("users?$top=1").elapsed.total_seconds() >= 0.2


def test_bodies_drip_pages_repeat_tokens_end_and_somebody_else_edits(
    sandbox: SandboxState, people: Callable[[str], Person]
) -> None:
    client, address, key = people("dalia")
    broken(sandbox, "slow-body", seconds=0.2, count=1, path="/users")
    begun = time.monotonic()
    assert user_of(client, key)["id"] == key
    assert time.monotonic() - begun >= 0.2
    broken(sandbox, "duplicate-page")
    first = client.get("users?$top=1").json()
    assert client.get(first["@odata.nextLink"]).json()["value"] == first["value"]
    broken(sandbox, "expire-token")
    assert client.get("users?$top=1").status_code == 401
    patch = {"department": "מים"}
    for value in ("", "Judge"):
        broken(sandbox, "second-administrator", path=f"{address}$", value=value)
        assert client.patch(f"users/{address}", json=patch).status_code == 204
        title = user_of(client, address)["jobTitle"]
        assert title == (value or "Changed by another administrator")


def test_replicas_lag_until_it_is_mended(
    sandbox: SandboxState, people: Callable[[str], Person]
) -> None:
    client, address, key = people("tamar")
    broken(sandbox, "lag", seconds=60)
    broken(sandbox, "edit-title", person=address)
    seen = {user_of(client, key)["jobTitle"] for _ in range(3)}
    assert "גזברית" in seen
    mend(sandbox)
    broken(sandbox, "edit-title", person=address, value="Judge")
    assert user_of(client, address)["jobTitle"] == "Judge"


def test_the_last_seats_are_taken_elsewhere(
    sandbox: SandboxState, galil: httpx.Client
) -> None:
    broken(sandbox, "take-seats", sku="EXCHANGESTANDARD", count=1)
    (sku,) = call(galil, "GET", "subscribedSkus")["value"]
    assert sku["prepaidUnits"]["enabled"] - sku["consumedUnits"] == 1
    mend(sandbox)
    (sku,) = call(galil, "GET", "subscribedSkus")["value"]
    assert sku["prepaidUnits"]["enabled"] == 10


def test_what_is_misspelt_or_does_not_fit_is_told(sandbox: SandboxState) -> None:
    with pytest.raises(SandboxError, match="Did you mean throttle"):
        breakage("throtle", {})
    with pytest.raises(SandboxError, match="throttle does not take --person"):
        breakage("throttle", {"person": "x"})
    with pytest.raises(SandboxError, match="change-mx needs --municipality"):
        breakage("change-mx", {})
    with pytest.raises(SandboxError, match="Say whom"):
        broken(sandbox, "edit-title")
    with pytest.raises(SandboxError, match=r"knows the domain 'mars\.example'"):
        broken(sandbox, "edit-title", person="a@mars.example")
    assert all(function.__doc__ for function in BREAKAGES.values())


def test_the_tenants_answers_broke_no_rule_of_the_schema(sandbox: SandboxState) -> None:
    assert order(sandbox, "GET", "violations") == []

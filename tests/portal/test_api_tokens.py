"""Which tokens open the API, and that nothing else does."""

from __future__ import annotations

import base64
import dataclasses
import json
import time
from datetime import datetime
from pathlib import Path

import httpx
import jwt
import pytest
from api_world import NO_ROLE, Call, Signed, answering, client_of, token_of, told_from
from cryptography.hazmat.primitives.asymmetric import rsa
from portal_world import PortalWorld, Visit

from provisioner.inventory import load
from provisioner.portal.app import build_app
from provisioner.portal.pace import Pace
from provisioner.portal.surroundings import Portal


def _unsigned(token: str, algorithm: str) -> str:
    """The same claims under another algorithm, and no signature."""
    _, claims, _ = token.split(".")
    header = json.dumps({"alg": algorithm, "typ": "JWT"}).encode()
    return f"{base64.urlsafe_b64encode(header).decode().rstrip('=')}.{claims}."


def _forged(token: str) -> str:
    """The same header and claims, signed by a key of somebody else's."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    claims = jwt.decode(token, options={"verify_signature": False})
    kid = jwt.get_unverified_header(token)["kid"]
    return jwt.encode(claims, key, "RS256", headers={"kid": kid})


def _by_public_key(world: PortalWorld, token: str) -> str:
    """Signed by HMAC, with the tenant's public key as the secret."""
    state = world.world.state
    base = f"{state.graph_url.removesuffix('/v1.0')}/{state.tenant_id}"
    (key,) = httpx.get(f"{base}/discovery/v2.0/keys").json()["keys"]
    claims = jwt.decode(token, options={"verify_signature": False})
    headers = {"kid": key["kid"]}
    return jwt.encode(claims, key["n"], "HS256", headers=headers)


def _ask(world: PortalWorld, token: str) -> httpx.Response:
    with client_of(world.url, token) as client:
        return client.get("/municipalities")


def test_the_tenants_token_opens_the_api(portal_world: PortalWorld, call: Call) -> None:
    answer = call("it").get("/municipalities")
    assert answer.status_code == 200, answer.text
    slugs = {one["slug"] for one in answer.json()["items"]}
    assert {portal_world.own, portal_world.other} <= slugs


def test_an_application_sees_what_its_roles_name(
    portal_world: PortalWorld, call: Call
) -> None:
    found = call(f"cio.{portal_world.own}").get("/municipalities").json()
    assert [one["slug"] for one in found["items"]] == [portal_world.own]
    assert call(NO_ROLE).get("/municipalities").status_code == 403


def test_a_token_with_the_right_claims_and_signature_is_good(
    portal_world: PortalWorld, signed: Signed
) -> None:
    assert _ask(portal_world, signed()).status_code == 200


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": int(time.time()) - 120}, "expired"),
        ({"nbf": int(time.time()) + 86_400}, "not yet valid"),
        ({"exp": None}, "exp"),
        ({"exp": "never"}, "exp"),
        ({"aud": "00000003-0000-0000-c000-000000000000"}, "aud"),
        ({"aud": None}, "aud"),
        ({"iss": "https://login.elsewhere.example/v2.0"}, "iss"),
        ({"azp": None}, "azp"),
        ({"oid": None}, "oid"),
        ({"scp": "openid"}, "application's own"),
        ({"nonce": "of-a-sign-in"}, "application's own"),
        ({"oid": "somebody-else"}, "application's own"),
    ],
    ids=lambda one: "-".join(one) if isinstance(one, dict) else None,
)
def test_a_true_signature_alone_is_not_enough(
    portal_world: PortalWorld, signed: Signed, claims: dict[str, object], why: str
) -> None:
    answer = _ask(portal_world, signed(**claims))
    assert answer.status_code == 401
    assert why in answer.json()["detail"]
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_no_other_signature_and_no_other_algorithm_is_believed(
    portal_world: PortalWorld, signed: Signed
) -> None:
    good = signed()
    for bad in (
        _forged(good),
        _unsigned(good, "none"),
        _unsigned(good, "RS256"),
        _by_public_key(portal_world, good),
        good[:-6] + "AAAAAA",
        "nonsense",
        "a.b.c",
        "x" * 20_000,
        "W1tb" * 3000 + ".e30.e30",
    ):
        answer = _ask(portal_world, bad)
        assert answer.status_code == 401, bad[:40]
        assert answer.headers["content-type"] == "application/problem+json"
        assert good.rpartition(".")[2] not in answer.text


def test_a_token_for_graph_is_none_for_us(portal_world: PortalWorld) -> None:
    token = token_of(portal_world, "it", "https://graph.microsoft.com")
    assert _ask(portal_world, token).status_code == 401


def test_without_a_token_the_answer_says_what_to_send(
    portal_world: PortalWorld, call: Call
) -> None:
    for path in ("/municipalities", "/nowhere", "/requests/none"):
        answer = call("").get(path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="provisioner"'
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == 401


def test_a_session_does_not_open_the_api_and_a_token_opens_no_page(
    portal_world: PortalWorld, visit: Visit, call: Call
) -> None:
    it = visit("it")
    assert it.get("/runs").status_code == 200
    assert it.get("/api/v1/municipalities").status_code == 401
    bearer = {"authorization": call("it").headers["authorization"]}
    page = httpx.get(f"{portal_world.url}/runs", headers=bearer)
    assert page.headers["location"].startswith("/sign-in")


def test_whoever_tries_tokens_is_slowed_down_and_others_are_not(
    portal_world: PortalWorld, call: Call
) -> None:
    headers = {**told_from("2001:db8::bad"), "authorization": "Bearer guess"}
    with httpx.Client(base_url=portal_world.url, headers=headers) as client:
        found = [client.get("/api/v1/seats") for _ in range(32)]
    assert [one.status_code for one in found].count(401) == 30
    assert found[-1].status_code == 429
    assert found[-1].headers["retry-after"] == "60"
    assert call("it").get("/seats").status_code == 200


def test_an_application_that_calls_too_often_waits_alone(
    portal_world: PortalWorld, apart: Portal
) -> None:
    with answering(build_app(apart, Pace("3/minute"))) as url:
        with client_of(url, token_of(portal_world, "it")) as client:
            found = [client.get("/seats") for _ in range(4)]
        assert [one.status_code for one in found] == [200, 200, 200, 429]
        assert found[-1].headers["retry-after"] == "60"
        assert found[-1].json()["status"] == 429
        with client_of(url, token_of(portal_world, "auditor")) as other:
            assert other.get("/seats").status_code == 200


def test_a_fault_of_ours_is_a_problem_with_a_number(
    portal_world: PortalWorld, apart: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> datetime:
        raise ZeroDivisionError("in the clock")

    token = token_of(portal_world, "it")
    with (
        answering(build_app(dataclasses.replace(apart, now=broken))) as url,
        client_of(url, token) as client,
    ):
        answer = client.get("/schedules")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["number"] in caplog.text
    assert "clock" not in answer.text
    assert token not in caplog.text


def test_an_inventory_that_cannot_be_read_is_told(
    portal_world: PortalWorld, apart: Portal, tmp_path: Path
) -> None:
    empty = dataclasses.replace(apart, load=lambda: load(tmp_path))
    with (
        answering(build_app(empty)) as url,
        client_of(url, token_of(portal_world, "it")) as client,
    ):
        answer = client.get("/municipalities")
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("/inventory")
    assert answer.headers["retry-after"] == "30"


def test_what_is_turned_away_at_the_door_is_a_problem_too(
    portal_world: PortalWorld,
) -> None:
    there = f"{portal_world.url}/api/v1/requests"
    for answer, status in (
        (httpx.get(there, headers={"host": "elsewhere.example"}), 421),
        (httpx.post(there, content=b"x" * (9 << 20)), 413),
    ):
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status

"""Tokens: for the right secret or certificate, signed, and only for a while."""

from __future__ import annotations

import base64
import datetime
from typing import Any

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from msgspec.structs import replace

from provisioner.sandbox.tenant.seed import ClientSeed
from provisioner.sandbox.tenant.world import register

SCOPE = "https://graph.microsoft.com/.default"


def ask(stage: Any, seed: Any, **form: str) -> httpx.Response:
    given = {
        "grant_type": "client_credentials",
        "client_id": seed.client_id,
        "client_secret": seed.client_secret,
        "scope": SCOPE,
        **form,
    }
    with stage.client() as client:
        return client.post(
            f"{stage.url}/{seed.tenant_id}/oauth2/v2.0/token", data=given
        )


def test_a_token_opens_its_own_tenant_only(stage: Any, seeds: Any) -> None:
    for seed in seeds:
        token = ask(stage, seed).json()["access_token"]
        with stage.client() as client:
            headers = {"Authorization": f"Bearer {token}"}
            (found,) = client.get("organization", headers=headers).json()["value"]
        assert found["id"] == seed.tenant_id


@pytest.mark.parametrize(
    ("form", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_id": "someone"}, 400, "unauthorized_client", 700016),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"scope": "User.Read"}, 400, "invalid_scope", 1002012),
    ],
)
def test_refusals_bear_the_vendors_numbers(
    stage: Any, seeds: Any, form: dict[str, str], status: int, error: str, code: int
) -> None:
    answer = ask(stage, seeds[0], **form)
    assert answer.status_code == status
    body = answer.json()
    assert (body["error"], body["error_codes"]) == (error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert seeds[0].client_secret not in answer.text


def test_an_unknown_tenant_is_told_so(stage: Any, seeds: Any) -> None:
    with stage.client() as client:
        answer = client.post(f"{stage.url}/none.example/oauth2/v2.0/token", data={})
    assert answer.json()["error_codes"] == [90002]


def test_without_a_good_token_graph_stays_shut(stage: Any, graph: httpx.Client) -> None:
    forged = stage.token()[:-8] + "AAAAAAAA"
    for value in ("", "Basic abc", "Bearer", "Bearer nonsense", f"Bearer {forged}"):
        answer = graph.get("users", headers={"Authorization": value})
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert graph.get("users").status_code == 200
    stage.wait(3600)
    assert graph.get("users").status_code == 401


def test_on_a_fast_clock_a_token_lasts_as_long_in_real_time(
    stage: Any, seeds: Any
) -> None:
    stage.order("POST", "conduct", {"clock_scale": 1000.0})
    token = ask(stage, seeds[0]).json()["access_token"]
    stage.wait(3_000_000)
    with stage.client() as client:
        headers = {"Authorization": f"Bearer {token}"}
        assert client.get("organization", headers=headers).status_code == 200


def test_discovery_leads_to_the_keys_that_signed(stage: Any, seeds: Any) -> None:
    token = ask(stage, seeds[0]).json()["access_token"]
    tenant = seeds[0].tenant_id
    with stage.client() as client:
        path = f"{stage.url}/{tenant}/v2.0/.well-known/openid-configuration"
        found = client.get(path).json()
        assert found["token_endpoint"] == f"{stage.url}/{tenant}/oauth2/v2.0/token"
        keys = client.get(found["jwks_uri"]).json()
        instance = client.get(f"{stage.url}/common/discovery/instance").json()
    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(
        token, key.key, ["RS256"], audience="https://graph.microsoft.com"
    )
    assert (claims["tid"], claims["idtyp"]) == (tenant, "app")
    assert instance["tenant_discovery_endpoint"].startswith(stage.url)


@pytest.fixture
def certificate() -> tuple[bytes, str]:
    """A private key and its certificate, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "provisioner")])
    now = datetime.datetime.now(datetime.UTC)
    found = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private, found.public_bytes(serialization.Encoding.PEM).decode()


def test_a_certificate_signs_in_without_a_secret(
    stage: Any, seeds: Any, certificate: tuple[bytes, str]
) -> None:
    private, public = certificate
    seed = seeds[0]
    directory = stage.world.tenants[seed.tenant_id]
    claims = {"iss": seed.client_id, "sub": seed.client_id, "aud": stage.url,
              "exp": 4102444800}  # fmt: skip
    form = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(claims, private, "PS256"),
        "client_secret": "",
    }
    assert ask(stage, seed, **form).json()["error_codes"] == [700027]
    directory.certificate = public
    assert ask(stage, seed, **form).status_code == 200
    form["client_assertion"] = jwt.encode({**claims, "iss": "x"}, private, "PS256")
    assert ask(stage, seed, **form).status_code == 401


def test_a_world_keeps_a_digest_of_the_secret_and_never_shows_it(
    stage: Any, seeds: Any
) -> None:
    assert seeds[0].client_secret not in repr(seeds[0])
    raw = stage.world.dump()
    assert seeds[0].client_secret.encode() not in raw
    assert base64.b64encode(seeds[0].client_secret.encode()) not in raw


CLIENT = ClientSeed(
    "hr",
    "12345678-1234-4234-8234-123456789abc",
    "hr's secret",
    ("cio.nof", "operator"),
)


def _ask_as_client(stage: Any, seed: Any, **form: str) -> httpx.Response:
    register(stage.world.tenants[seed.tenant_id], replace(seed, clients=(CLIENT,)))
    own = {"client_id": CLIENT.client_id, "client_secret": CLIENT.client_secret}
    scope = {"scope": f"api://{seed.client_id}/.default"}
    return ask(stage, seed, **(own | scope | form))


def test_an_application_gets_a_token_for_our_own_with_its_app_roles(
    stage: Any, seeds: Any
) -> None:
    seed = seeds[0]
    base = f"{stage.url}/{seed.tenant_id}"
    token = _ask_as_client(stage, seed).json()["access_token"]
    with stage.client() as client:
        told = client.get(f"{base}/v2.0/.well-known/openid-configuration").json()
        (key,) = client.get(told["jwks_uri"]).json()["keys"]
    claims = jwt.decode(
        token,
        jwt.PyJWK(key).key,
        ["RS256"],
        audience=seed.client_id,
        issuer=told["issuer"],
    )
    assert claims["roles"] == ["cio.nof", "operator"]
    assert claims["azp"] == CLIENT.client_id
    assert claims["oid"] == claims["sub"] != seed.client_id
    assert "scp" not in claims
    own = ask(stage, seed, scope=f"api://{seed.client_id}/.default").json()
    unproven = {"verify_signature": False}
    assert "roles" not in jwt.decode(own["access_token"], options=unproven)


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        ({"client_secret": "wrong"}, 401, 7000215),
        ({"grant_type": "refresh_token"}, 400, 700054),
        ({"grant_type": "authorization_code"}, 400, 700054),
    ],
)
def test_an_application_proves_itself_and_gets_nothing_else(
    stage: Any, seeds: Any, form: dict[str, str], status: int, code: int
) -> None:
    answer = _ask_as_client(stage, seeds[0], **form)
    assert answer.status_code == status
    assert answer.json()["error_codes"] == [code]
    assert seeds[0].client_secret not in answer.text


def test_graph_stays_shut_to_an_application_of_the_api(stage: Any, seeds: Any) -> None:
    for scope in (SCOPE, f"api://{seeds[0].client_id}/.default"):
        token = _ask_as_client(stage, seeds[0], scope=scope).json()["access_token"]
        with stage.client() as client:
            headers = {"Authorization": f"Bearer {token}"}
            answer = client.get("users", headers=headers)
        assert answer.status_code == (403 if scope == SCOPE else 401)

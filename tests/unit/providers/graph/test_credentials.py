"""Signing in by azure-identity against a token endpoint of a private authority."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from azure.core.credentials import AccessToken
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from provisioner.errors import (
    PermanentProviderError,
    SettingsInvalid,
    TransientProviderError,
)
from provisioner.model.cluster import Tenant
from provisioner.providers.graph.credentials import SharedToken, credential

pytestmark = pytest.mark.anyio

TENANT = "11111111-2222-3333-4444-555555555555"
SECRET = "Very~Secret~Value"
SCOPE = "https://graph.microsoft.com/.default"


def tenant(**given: Any) -> Tenant:
    plain = {"tenant_id": TENANT, "client_secret": "env/GALIL_SECRET"}
    options = {"name": "galil", "client_id": "app", "certificate": "", "licenses": ()}
    return Tenant(**(options | plain | given))


@pytest.fixture
def endpoint(tls_graph: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("GALIL_SECRET", SECRET)
    return tls_graph


def authority(endpoint: Any) -> str:
    return str(endpoint.url.removesuffix("/v1.0"))


def granted(endpoint: Any) -> Any:
    body = {"token_type": "Bearer", "expires_in": 3600, "access_token": "granted"}
    return endpoint.ok(body)


def refused(endpoint: Any, code: str, said: str, status: int = 401) -> Any:
    description = (
        f"{code}: {said}. Trace ID: 1 Correlation ID: 2 Timestamp: 2026-01-01 00:00:00Z"
    )
    body = {"error": "invalid_client", "error_description": description}
    return endpoint.ok(body, status=status)


async def token(endpoint: Any, ca_file: str, **given: Any) -> AccessToken:
    signed_in = SharedToken(
        credential(tenant(**given), authority=authority(endpoint), ca_file=ca_file),
        "galil",
    )
    try:
        return await signed_in.get_token(SCOPE)
    finally:
        await signed_in.close()


async def test_a_client_secret_signs_in(endpoint: Any, ca_file: str) -> None:
    endpoint.on("POST", f"/{TENANT}/oauth2/v2.0/token", granted(endpoint))
    assert (await token(endpoint, ca_file)).token == "granted"
    form = parse_qs(endpoint.requests[0].body.decode())
    assert form["client_secret"] == [SECRET]
    assert form["scope"] == [SCOPE]


async def test_a_given_secret_stands_in_for_the_reference(
    endpoint: Any, ca_file: str
) -> None:
    endpoint.on("POST", ".*", granted(endpoint))
    signed_in = credential(
        tenant(client_secret="env/NOT_SET"),
        authority=authority(endpoint),
        ca_file=ca_file,
        client_secret="given",
    )
    assert (await signed_in.get_token(SCOPE)).token == "granted"
    await signed_in.close()


def certificate(folder: Path, days: int) -> Path:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "galil")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=100))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    path = folder / "galil.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


async def test_a_certificate_signs_in_without_any_secret(
    endpoint: Any, ca_file: str, tmp_path: Path
) -> None:
    endpoint.on("POST", ".*", granted(endpoint))
    path = certificate(tmp_path, days=30)
    got = await token(endpoint, ca_file, certificate=f"file/{path}", client_secret="")
    assert got.token == "granted"
    form = parse_qs(endpoint.requests[0].body.decode())
    assert "client_assertion" in form
    assert "client_secret" not in form


async def test_an_expired_certificate_is_told_before_anything_is_sent(
    endpoint: Any, ca_file: str, tmp_path: Path
) -> None:
    path = certificate(tmp_path, days=-3)
    with pytest.raises(PermanentProviderError, match="certificate expired on 20"):
        await token(endpoint, ca_file, certificate=f"file/{path}")
    assert endpoint.requests == []


async def test_a_file_that_is_no_certificate_is_told(
    endpoint: Any, ca_file: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.pem"
    path.write_text("-----BEGIN NOTHING-----")
    with pytest.raises(PermanentProviderError, match="Sign-in to tenant galil"):
        await token(endpoint, ca_file, certificate=f"file/{path}")


@pytest.mark.parametrize(
    ("code", "status", "sentence"),
    [
        ("AADSTS7000215", 401, "the client secret is wrong"),
        ("AADSTS7000222", 401, "the client secret has expired"),
        ("AADSTS90002", 400, "there is no such tenant"),
        ("AADSTS700016", 400, "the application is not registered in this tenant"),
        ("AADSTS700027", 401, "the certificate is not registered"),
        ("AADSTS99999", 400, "AADSTS99999: Something new"),
    ],
)
async def test_a_refused_sign_in_is_one_clear_sentence(
    endpoint: Any, ca_file: str, code: str, status: int, sentence: str
) -> None:
    said = refused(endpoint, code, f"Something new about {code}", status)
    endpoint.on("POST", ".*", said)
    with pytest.raises(PermanentProviderError) as caught:
        await token(endpoint, ca_file)
    text = str(caught.value)
    assert f"Sign-in to tenant galil failed: {sentence.partition(':')[0]}" in text
    assert caught.value.code == code
    assert "Trace ID" not in text
    assert SECRET not in text + repr(caught.value)
    assert caught.value.__cause__ is None


async def test_a_busy_authority_is_transient(endpoint: Any, ca_file: str) -> None:
    endpoint.on("POST", ".*", refused(endpoint, "AADSTS90033", "Try later", 400))
    with pytest.raises(TransientProviderError) as caught:
        await token(endpoint, ca_file)
    assert not caught.value.ambiguous


async def test_an_authority_that_is_not_there_is_transient(
    endpoint: Any, ca_file: str
) -> None:
    away = credential(tenant(), authority="https://127.0.0.1:9", ca_file=ca_file)
    signed_in = SharedToken(away, "galil")
    with pytest.raises(TransientProviderError):
        await signed_in.get_token(SCOPE)
    await signed_in.close()


async def test_an_authority_whose_certificate_nobody_knows_is_refused(
    endpoint: Any,
) -> None:
    with pytest.raises(PermanentProviderError, match="not trusted"):
        await token(endpoint, "")


@pytest.mark.parametrize(
    "given", [{"tenant_id": "no tenant!"}, {"tenant_id": ""}, {"client_id": ""}]
)
async def test_what_can_be_seen_to_be_wrong_is_told_without_asking(
    endpoint: Any, ca_file: str, given: dict[str, str]
) -> None:
    with pytest.raises(PermanentProviderError, match="Sign-in to tenant galil"):
        await token(endpoint, ca_file, **given)


async def test_a_plain_authority_is_refused(endpoint: Any) -> None:
    with pytest.raises(PermanentProviderError, match="https"):
        credential(tenant(), authority="http://127.0.0.1:1")


async def test_a_reference_that_leads_nowhere_is_a_fault_of_the_settings(
    endpoint: Any,
) -> None:
    with pytest.raises(SettingsInvalid, match="NOT_SET"):
        credential(tenant(client_secret="env/NOT_SET"), authority=authority(endpoint))


class Short:
    """Tokens that live for `seconds`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.given = 0

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        self.given += 1
        return AccessToken(f"t{self.given}", int(time.time() + self.seconds))

    async def close(self) -> None:
        return None


async def test_a_token_is_fetched_again_before_it_ends() -> None:
    inner = Short(2)
    shared = SharedToken(inner)  # type: ignore[arg-type]
    first = await shared.get_token(SCOPE)
    assert (await shared.get_token(SCOPE)).token == first.token
    await asyncio.sleep(1.6)
    assert (await shared.get_token(SCOPE)).token != first.token


async def test_a_renewal_of_a_token_that_is_already_replaced_does_nothing() -> None:
    inner = Short(3600)
    shared = SharedToken(inner)  # type: ignore[arg-type]
    first = await shared.get_token(SCOPE)
    await shared.renew(first.token, SCOPE)
    await shared.renew(first.token, SCOPE)
    assert inner.given == 2

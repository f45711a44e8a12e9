"""A wrong secret, an expired certificate, a missing permission: one sentence, no write."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from rehearsal import Ended, Rehearsal, Rehearse

pytestmark = pytest.mark.end_to_end

WRONG = "not-the-secret-of-anybody"


@pytest.fixture
def world(rehearse: Rehearse) -> Rehearsal:
    return rehearse(municipalities=1, people=12)


def written(world: Rehearsal) -> list[str]:
    """Calls that changed the tenant, whole or in batches."""
    log = world.admin("GET", "requests")
    calls = {**log["calls"], **log["batched"]}
    reads = ("GET ", "POST /{tenant}", "POST /$batch", "POST /directoryObjects",
             "POST /adminapi/InvokeCommand/Get-")  # fmt: skip
    return [one for one in calls if not one.startswith(reads)]


def sentences(ended: Ended) -> set[str]:
    """What is said of the things that were not done or not read."""
    report = ended.report
    told = set()
    for town in report["municipalities"]:
        told |= {one["reason"] for one in town["findings"] + town["outcomes"]}
        told |= {one["message"] for one in town["refusals"]}
    return {one for one in told if one}


@pytest.mark.parametrize(
    ("lacking", "call"),
    [
        ("User.ReadWrite.All", "POST /users"),
        ("LicenseAssignment.ReadWrite.All", "POST /users/{id}/assignLicense"),
        ("MailboxSettings.ReadWrite", "PATCH /users/{id}/mailboxSettings"),
        ("Domain.ReadWrite.All", "POST /domains"),
    ],
)
def test_a_missing_permission_to_write_is_named_and_nothing_is_written(
    world: Rehearsal, lacking: str, call: str
) -> None:
    held = world.admin("GET", "permissions")
    # With User.ReadWrite.All licences can be given, too.
    others = {"User.ReadWrite.All", "User.DeleteRestore.All"}
    gone = {lacking} | (others if lacking.startswith("License") else set())
    read = {"User.Read.All", "Domain.Read.All", "MailboxSettings.Read",
            "LicenseAssignment.Read.All"}  # fmt: skip
    granted = sorted(({*held} - gone) | read)
    world.admin("POST", "permissions", {"granted": granted})
    assert world.run("plan").code == 2
    world.admin("POST", "requests/reset")
    ended = world.run("apply", "--yes", "--json")
    assert ended.code == 2, ended.err
    assert written(world) == []
    told = {one for one in sentences(ended) if "lacks" in one}
    assert len(told) == 1
    (sentence,) = told
    assert f"{lacking} ({call})" in sentence
    assert sentence.endswith("nothing was written.")
    world.admin("POST", "permissions", {"granted": held})
    assert world.run("apply", "--yes").code == 0
    world.assert_whole(world.slugs[0])


@pytest.mark.parametrize(
    ("taken", "name"),
    [
        (("User.Read", "User.ReadWrite", "Directory."), "User.Read.All"),
        (("LicenseAssignment", "Organization", "Directory."),
         "LicenseAssignment.Read.All"),
    ],
)  # fmt: skip
def test_a_missing_permission_to_read_is_named_and_nothing_is_written(
    world: Rehearsal, taken: tuple[str, ...], name: str
) -> None:
    held = world.admin("GET", "permissions")
    left = [one for one in held if not one.startswith(taken)]
    world.admin("POST", "permissions", {"granted": left})
    ended = world.run("apply", "--yes", "--json", "--kind", "mailbox")
    assert ended.code == 1
    (sentence,) = sentences(ended)
    assert f"Grant the application {name} and give admin consent." in sentence
    assert written(world) == []


def test_a_wrong_secret_is_one_sentence_and_nothing_is_written(
    world: Rehearsal,
) -> None:
    file = world.var / "sandbox" / "state.json"
    file.write_text(file.read_text().replace(world.state.client_secret, WRONG))
    ended = world.run("apply", "--yes", "--json")
    assert ended.code == 1
    (sentence,) = sentences(ended)
    assert sentence == (
        "Sign-in to tenant galil failed: the client secret is wrong. Correct the tenant"
        " in cluster.yml or renew its secret or certificate."
    )
    assert WRONG not in ended.out + ended.err
    assert written(world) == []


def test_an_expired_certificate_is_one_sentence_and_nothing_is_sent(
    world: Rehearsal,
) -> None:
    pem = world.folder / "expired.pem"
    ended_on = expired_certificate(pem)
    cluster = world.inventory / "cluster.yml"
    text = cluster.read_text(encoding="utf-8")
    cluster.write_text(
        re.sub(r"client_secret: .*", f"certificate: file/{pem}", text), encoding="utf-8"
    )
    nowhere = "https://127.0.0.1:9"
    away = {"profile": "production", "graph_url": nowhere, "authority": nowhere}
    ended = world.run("apply", "--yes", "--json", "--kind", "mailbox", **away)
    assert ended.code == 1, ended.err
    (sentence,) = sentences(ended)
    assert sentence.startswith(
        f"Sign-in to tenant galil failed: the certificate expired on {ended_on}."
    )
    assert "PRIVATE" not in ended.out + ended.err
    json.loads(ended.out)


def expired_certificate(file: Path) -> str:
    """A private key with a certificate of yesterday; the day it ended."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "provisioner")])
    ends = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(ends - timedelta(days=30))
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return f"{ends:%Y-%m-%d}"

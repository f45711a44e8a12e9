"""Client assertions: an application proves by its certificate who it is."""

from __future__ import annotations

from datetime import UTC, datetime

import jwt
from cryptography.x509 import load_pem_x509_certificate


def disproof(assertion: str, certificate: str, client_id: str) -> str:
    """Why an assertion does not prove the client, in the vendor's words; "" if it does."""
    if not certificate:
        return (
            "The certificate with identifier used to sign the client assertion is not"
            " registered on application."
        )
    known = load_pem_x509_certificate(certificate.encode())
    if datetime.now(UTC) > known.not_valid_after_utc:
        return "[Reason - The key used is expired.]"
    try:
        claims = jwt.decode(
            assertion,
            known.public_key(),  # type: ignore[arg-type]
            ["RS256", "PS256"],
            options={"verify_aud": False},
            leeway=300,
        )
    except jwt.ExpiredSignatureError:
        return "Assertion is not within its valid time range."
    except jwt.InvalidTokenError:
        return "[Reason - The key was not found or does not fit the signature.]"
    if not claims.get("iss") == client_id == claims.get("sub"):
        return "The assertion names another client."
    return ""

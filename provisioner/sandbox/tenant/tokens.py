"""Tokens: signed like the vendor's, so that they outlive a restart."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections.abc import Iterable
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from msgspec import Struct

from provisioner.sandbox.tenant.app_roles import DEFAULT_ROLES

GRAPH = "https://graph.microsoft.com"
EXCHANGE = "https://outlook.office365.com"
LIFETIME = 3599
_REMEMBERED = 1000
# Times are of the sandbox clock, which is not that of the library.
_UNTIMED = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}


class Caller(Struct, frozen=True):
    """Who a token speaks for: an application, or a user by way of one.

    `allowed` are the application permissions, or the scopes where there is a `user_id`;
    `expires` is of the sandbox clock.
    """

    tenant_id: str
    client_id: str
    audience: str
    allowed: frozenset[str]
    expires: float
    user_id: str = ""


class Mint:
    """Issues and checks tokens with one RSA key."""

    def __init__(self, pem: bytes) -> None:
        self.pem = pem
        # Made by ourselves: checking its primes again would only slow a start down.
        key = serialization.load_pem_private_key(
            pem, None, unsafe_skip_rsa_key_validation=True
        )
        assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101
        self._key = key
        self.key_id = hashlib.sha256(pem).hexdigest()[:27]
        self._seen: dict[str, Caller] = {}
        self._spent: set[str] = set()

    @classmethod
    def create(cls) -> Mint:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return cls(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    def sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self._key, "RS256", headers={"kid": self.key_id})

    def issue(
        self,
        tenant_id: str,
        client_id: str,
        now: float,
        lifetime: float,
        audience: str = GRAPH,
        *,
        roles: Iterable[str] = DEFAULT_ROLES,
    ) -> str:
        """An application token with these permissions; times are of the sandbox clock."""
        claims = _claims(tenant_id, client_id, audience, now, lifetime)
        return self.sign({**claims, "idtyp": "app", "roles": sorted(roles)})

    def issue_delegated(
        self,
        tenant_id: str,
        client_id: str,
        now: float,
        lifetime: float,
        *,
        user_id: str,
        name: str,
        scopes: Iterable[str],
    ) -> str:
        """A token by which an application acts as a user; `name` is the sign-in name."""
        claims = _claims(tenant_id, client_id, GRAPH, now, lifetime)
        delegated = {"idtyp": "user", "oid": user_id, "scp": " ".join(scopes)}
        return self.sign({**claims, **delegated, "upn": name, "unique_name": name})

    def caller(self, token: str, now: float, audience: str = GRAPH) -> Caller | None:
        """Who a token speaks for; None where it is forged, has expired, or is for
        another audience."""
        found = self._seen.get(token) or self._read(token)
        if found is None or found.audience != audience or now >= found.expires:
            return None
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen[token] = found
        return found

    def tenant(self, token: str, now: float, audience: str = GRAPH) -> str | None:
        """The tenant a token is for; None where it is forged, another's or has expired."""
        found = self.caller(token, now, audience)
        return found.tenant_id if found else None

    def _read(self, token: str) -> Caller | None:
        claims = self._verified(token)
        if claims is None or "idtyp" not in claims:
            return None
        return Caller(
            tenant_id=str(claims["tid"]),
            client_id=str(claims["appid"]),
            audience=str(claims["aud"]),
            allowed=frozenset(claims.get("roles") or claims.get("scp", "").split()),
            expires=float(claims["exp"]),
            user_id=str(claims.get("oid", "")),
        )

    def _verified(self, token: str, audience: str | None = None) -> Any:
        options = {**_UNTIMED, "verify_aud": audience is not None}
        try:
            return jwt.decode(
                token,
                self._key.public_key(),
                ["RS256"],
                audience=audience,
                options=options,  # type: ignore[arg-type]
            )
        except jwt.InvalidTokenError:
            return None

    def seal(self, what: str, content: dict[str, Any], expires: float) -> str:
        """Content that only we can read back as the same `what`, until it expires."""
        named = {"aud": f"urn:sandbox:{what}", "exp": int(expires)}
        return self.sign({**content, **named, "jti": str(uuid.uuid4())})

    def unseal(self, what: str, text: str, now: float) -> dict[str, Any] | None:
        """The content of `seal`; None where it is none of ours or has expired."""
        found: dict[str, Any] | None = self._verified(text, f"urn:sandbox:{what}")
        return found if found is not None and now < found["exp"] else None

    def spend(self, content: dict[str, Any]) -> bool:
        """Use sealed content up; whether it was unused until now."""
        unused = content["jti"] not in self._spent
        self._spent.add(content["jti"])
        return unused

    def jwks(self) -> dict[str, Any]:
        public = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**public, "kid": self.key_id, "use": "sig", "alg": "RS256"}]}


def _claims(
    tenant_id: str, client_id: str, audience: str, now: float, lifetime: float
) -> dict[str, Any]:
    return {
        "aud": audience,
        "iss": f"https://sts.windows.net/{tenant_id}/",
        "iat": int(now),
        "nbf": int(now),
        "exp": int(now + lifetime),
        "appid": client_id,
        "tid": tenant_id,
        "ver": "1.0",
        "uti": uuid.uuid4().hex[:22],
    }


def id_claims(issuer: str, client_id: str, lifetime: float) -> dict[str, Any]:
    """What every id_token says. Clients hold its times against their own clock, hence
    not the sandbox's."""
    now = int(time.time())
    times = {"iat": now, "nbf": now, "exp": int(now + lifetime)}
    return {"iss": issuer, "aud": client_id, "ver": "2.0", **times}

"""Access tokens: signed like the vendor's, so that they outlive a restart."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509 import load_pem_x509_certificate
from jwt.algorithms import RSAAlgorithm

GRAPH = "https://graph.microsoft.com"
EXCHANGE = "https://outlook.office365.com"
LIFETIME = 3599
_REMEMBERED = 1000


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
        self._seen: dict[str, tuple[str, float]] = {}

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

    def issue(
        self,
        tenant_id: str,
        client_id: str,
        now: float,
        lifetime: float,
        audience: str = GRAPH,
    ) -> str:
        """An application token for Graph or Exchange; times are of the sandbox clock."""
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{tenant_id}/",
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now + lifetime),
            "appid": client_id,
            "idtyp": "app",
            "tid": tenant_id,
            "ver": "1.0",
        }
        return jwt.encode(claims, self._key, "RS256", headers={"kid": self.key_id})

    def tenant(self, token: str, now: float, audience: str = GRAPH) -> str | None:
        """The tenant a token is for; None where it is forged, another's or has expired."""
        found = self._seen.get(audience + token)
        if found is None:
            try:
                claims = jwt.decode(
                    token,
                    self._key.public_key(),
                    ["RS256"],
                    audience=audience,
                    options={
                        "verify_exp": False,
                        "verify_nbf": False,
                        "verify_iat": False,
                    },
                )
            except jwt.InvalidTokenError:
                return None
            found = str(claims["tid"]), float(claims["exp"])
            if len(self._seen) >= _REMEMBERED:
                self._seen.clear()
            self._seen[audience + token] = found
        return found[0] if now < found[1] else None

    def jwks(self) -> dict[str, Any]:
        public = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [{**public, "kid": self.key_id, "use": "sig", "alg": "RS256"}]}


def proves_possession(assertion: str, certificate: str, client_id: str) -> bool:
    """Whether a client assertion is signed with the certificate's key, by the client."""
    key = load_pem_x509_certificate(certificate.encode()).public_key()
    try:
        claims = jwt.decode(
            assertion,
            key,  # type: ignore[arg-type]
            ["RS256", "PS256"],
            options={"verify_aud": False},
            leeway=300,
        )
    except jwt.InvalidTokenError:
        return False
    return claims.get("iss") == client_id == claims.get("sub")

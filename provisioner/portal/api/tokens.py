"""Bearer tokens: which application calls, as the tenant that signs people in says.

An application asks the tenant for a token of the portal's own application (client
credentials, RFC 6749 section 4.4) and shows it with each call (RFC 6750).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from provisioner.portal.identity import Identity
from provisioner.portal.sign_in import person_of
from provisioner.portal.viewer import Person

_LONGEST = 16_384  # characters; a token with two hundred groups has half of it
_ALGORITHMS = ["RS256"]
_LEEWAY = 60  # seconds that clocks may be apart
_DAY = 86_400.0  # seconds after which keys are read anew in any case
_REST = 60.0  # seconds between two readings because of a key that nobody knows
_RETRY = 5.0  # seconds between two readings where none succeeded


class TokenRefused(Exception):
    """A token that opens nothing; the words say why and hold nothing of the token."""


class KeysAway(Exception):
    """The tenant does not answer with its keys, so that no token can be judged."""


class Tokens:
    """Judges tokens by the keys of one tenant; keys are read when first needed."""

    def __init__(self, tenant: Any, identity: Identity) -> None:
        self._tenant = tenant
        self._identity = identity
        self._reading = asyncio.Lock()
        self._keys: KeySet | None = None
        self._issuer = ""
        self._read = self._tried = float("-inf")

    async def person(self, token: str) -> Person:
        """Who a token speaks for. Raises `TokenRefused` and `KeysAway`."""
        if not 0 < len(token) <= _LONGEST:
            raise TokenRefused("The token is empty or too long.")
        keys = await self._known_keys()
        try:
            claims = _opened(token, keys)
        except InvalidKeyIdError:
            claims = await self._opened_by_newer(token, keys)
        self._check(claims)
        return _application(claims, self._identity.groups)

    async def _opened_by_newer(self, token: str, old: KeySet) -> Mapping[str, Any]:
        """The tenant may have changed its keys; it is asked, but not at every word."""
        keys = await self._known_keys(besides=old)
        try:
            return _opened(token, keys)
        except InvalidKeyIdError:
            raise TokenRefused("The token is signed by an unknown key.") from None

    async def _known_keys(self, besides: KeySet | None = None) -> KeySet:
        async with self._reading:
            now, keys = time.monotonic(), self._keys
            rest = _REST if keys is not None else _RETRY
            wanted = keys is None or keys is besides or now - self._read >= _DAY
            if wanted and now - self._tried >= rest:
                self._tried = now
                await self._read_keys()
            if self._keys is None:
                raise KeysAway
            return self._keys

    async def _read_keys(self) -> None:
        try:
            metadata = await self._tenant.load_server_metadata()
            found = await self._tenant.fetch_jwk_set(force=True)
            self._keys = KeySet.import_key_set(found)
        except (httpx2.HTTPError, JoseError, ValueError, RuntimeError) as error:
            if self._keys is None:
                raise KeysAway from error
            return  # those known are still the best there is
        self._issuer = str(metadata["issuer"])
        self._read = self._tried

    def _check(self, claims: Mapping[str, Any]) -> None:
        ours = self._identity.client_id
        registry = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "values": [ours, f"api://{ours}"]},
            exp={"essential": True},
            nbf={"essential": True},
            sub={"essential": True},
            oid={"essential": True},
            azp={"essential": True},
        )
        try:
            registry.validate(dict(claims))
        except ExpiredTokenError:
            raise TokenRefused("The token has expired.") from None
        except JoseError as error:
            raise TokenRefused(f"The token is refused: {error.description}") from None
        # People have tokens of the same key and audience: their id_token, and what an
        # application holds in their name. Only an application's own has one principal.
        personal = "scp" in claims or "nonce" in claims
        if personal or claims["sub"] != claims["oid"]:
            raise TokenRefused("The token is none of an application's own.")


def _opened(token: str, keys: KeySet) -> Mapping[str, Any]:
    """The claims of a token whose signature holds. Raises `InvalidKeyIdError`."""
    registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
    try:
        return jwt.decode(token, keys, registry=registry).claims
    except InvalidKeyIdError:
        raise
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenRefused("The token is none, or its signature is wrong.") from None


def _application(claims: Mapping[str, Any], groups: Mapping[str, str]) -> Person:
    """The application as one who comes; roles are those that people have."""
    name = f"app:{claims['azp']}"
    return msgspec.structs.replace(person_of(claims, groups), name=name, address=name)

"""The tenant's keys: read once, read anew when they change, and not at every word."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from api_world import answering
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from provisioner.portal.api.tokens import KeysAway, TokenRefused, Tokens
from provisioner.portal.identity import Identity
from provisioner.portal.sign_in import client_of

CLIENT = "the-portal"


class Issuer:
    """A tenant that changes its keys; counts who reads them."""

    def __init__(self) -> None:
        self.keys: dict[str, rsa.RSAPrivateKey] = {}
        self.reads = 0
        self.away = False

    def add(self, kid: str) -> None:
        self.keys[kid] = rsa.generate_private_key(65537, 2048)

    def token(self, kid: str, **claims: Any) -> str:
        now = int(time.time())
        given = {"iss": self.url, "aud": CLIENT, "nbf": now, "exp": now + 60}
        given |= {"sub": "one", "oid": "one", "azp": "hr", "roles": ["auditor"]}
        key = self.keys.get(kid) or rsa.generate_private_key(65537, 2048)
        return jwt.encode(given | claims, key, "RS256", headers={"kid": kid})

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        status, told = 200, {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        if scope["path"] == "/keys":
            self.reads += 1
            status = 503 if self.away else 200
            told = {"keys": [self._public(one) for one in self.keys]}
        headers = [(b"content-type", b"application/json")]
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await send(start)
        body = json.dumps(told).encode()
        await send({"type": "http.response.body", "body": body})

    def _public(self, kid: str) -> dict[str, Any]:
        public = json.loads(RSAAlgorithm.to_jwk(self.keys[kid].public_key()))
        return {**public, "kid": kid, "use": "sig"}


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    one = Issuer()
    one.add("first")
    with answering(one) as one.url:
        yield one


@pytest.fixture
def tokens(issuer: Issuer) -> Tokens:
    identity = Identity(issuer.url, CLIENT, "unused", {"group-7": "operator"})
    return Tokens(client_of(identity), identity)


def test_keys_are_read_once_and_again_for_a_key_that_is_new(
    issuer: Issuer, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        for _ in range(3):
            person = await tokens.person(issuer.token("first"))
        assert (person.address, person.claims) == ("app:hr", ("auditor",))
        assert issuer.reads == 1
        issuer.add("second")
        with pytest.raises(TokenRefused, match="unknown key"):
            await tokens.person(issuer.token("second"))
        assert issuer.reads == 1  # a minute has not passed
        monkeypatch.setattr("provisioner.portal.api.tokens._REST", 0.0)
        await tokens.person(issuer.token("second"))
        assert issuer.reads == 2
        del issuer.keys["first"]
        monkeypatch.setattr("provisioner.portal.api.tokens._DAY", 0.0)
        await tokens.person(issuer.token("second"))
        with pytest.raises(TokenRefused):
            await tokens.person(issuer.token("first"))

    asyncio.run(story())


def test_a_flood_of_unknown_keys_is_one_reading(issuer: Issuer, tokens: Tokens) -> None:
    async def story() -> None:
        await tokens.person(issuer.token("first"))
        made_up = [issuer.token(f"made up {number}") for number in range(3)] * 10
        answers = await asyncio.gather(
            *(tokens.person(one) for one in made_up), return_exceptions=True
        )
        assert all(isinstance(one, TokenRefused) for one in answers)
        assert issuer.reads == 1

    asyncio.run(story())


def test_who_has_no_keys_judges_nobody_and_who_has_them_goes_on(
    issuer: Issuer, tokens: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        issuer.away = True
        for _ in range(3):
            with pytest.raises(KeysAway):
                await tokens.person(issuer.token("first"))
        assert issuer.reads == 1  # it is not asked at every word
        issuer.away = False
        monkeypatch.setattr("provisioner.portal.api.tokens._RETRY", 0.0)
        await tokens.person(issuer.token("first"))
        issuer.away = True
        monkeypatch.setattr("provisioner.portal.api.tokens._DAY", 0.0)
        monkeypatch.setattr("provisioner.portal.api.tokens._REST", 0.0)
        await tokens.person(issuer.token("first"))
        assert issuer.reads == 3

    asyncio.run(story())


def test_groups_give_roles_as_they_do_to_people(issuer: Issuer, tokens: Tokens) -> None:
    token = issuer.token("first", roles=[], groups=["group-7", "another"])
    assert asyncio.run(tokens.person(token)).claims == ("operator",)

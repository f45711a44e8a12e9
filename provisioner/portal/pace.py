"""How often somebody may try: sign-in by address, secrets by person, the API by caller."""

from __future__ import annotations

from fastapi import HTTPException, Request
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

_SIGN_IN = parse("30/minute")
_SECRETS = parse("10/minute")
_CALLS = "600/minute"


class Pace:
    """The limits of this process; several processes each count for themselves."""

    def __init__(self, calls: str = _CALLS) -> None:
        self._calls = parse(calls)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def sign_in(self, request: Request) -> None:
        """Raise 429 where this address tries too often; begin and end count apart."""
        who = request.client.host if request.client else ""
        self._hit(_SIGN_IN, request.url.path, who)

    def secret(self, subject: str) -> None:
        """Raise 429 where this person opens too many."""
        self._hit(_SECRETS, "secret", subject)

    def bad_token(self, address: str) -> None:
        """Raise 429 where this address shows too many tokens that are none."""
        self._hit(_SIGN_IN, "token", address)

    def call(self, subject: str) -> None:
        """Raise 429 where this application calls too often."""
        self._hit(self._calls, "call", subject)

    def _hit(self, limit: object, what: str, who: str) -> None:
        if not self._limiter.hit(limit, what, who):  # type: ignore[arg-type]
            raise HTTPException(429, headers={"retry-after": "60"})

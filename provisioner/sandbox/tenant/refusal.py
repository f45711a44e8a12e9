"""Refusals in the vendor's words and shape: `error.code`, `details`, `innerError`."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from provisioner.sandbox.tenant.clock import moment

BAD_REQUEST = "Request_BadRequest"


class Refusal(Exception):
    """A request that is answered by an error; the pipeline turns it into an answer."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.headers = headers or {}

    def body(self, now: float, request_id: str, client_request_id: str) -> bytes:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = self.details
        error["innerError"] = {
            "date": moment(now).rstrip("Z"),
            "request-id": request_id,
            "client-request-id": client_request_id,
        }
        return msgspec.json.encode({"error": error})


def bad_request(message: str, code: str = "", target: str = "") -> Refusal:
    """400 Request_BadRequest; `code` and `target` become the one entry of details."""
    details = [{"code": code, "message": message, "target": target}] if code else None
    return Refusal(400, BAD_REQUEST, message, details)


def invalid_value(name: str, code: str = "InvalidValue") -> Refusal:
    return bad_request(
        f"Invalid value specified for property '{name}' of resource 'User'.", code, name
    )


def conflict(name: str) -> Refusal:
    return bad_request(
        f"Another object with the same value for property {name} already exists.",
        "ObjectConflict",
        name,
    )


def not_found(key: str) -> Refusal:
    return Refusal(
        404,
        "Request_ResourceNotFound",
        f"Resource '{key}' does not exist or one of its queried reference-property"
        " objects are not present.",
    )


def unsupported(message: str) -> Refusal:
    return Refusal(400, "Request_UnsupportedQuery", message)


def forbidden() -> Refusal:
    return Refusal(
        403,
        "Authorization_RequestDenied",
        "Insufficient privileges to complete the operation.",
    )


def no_mailbox() -> Refusal:
    return Refusal(
        404,
        "MailboxNotEnabledForRESTAPI",
        "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
    )


def throttled(seconds: float) -> Refusal:
    """429; `seconds` are real ones, fractional as the vendor's can be."""
    return Refusal(
        429,
        "TooManyRequests",
        "Too many requests. Please wait and try again.",
        headers={"Retry-After": f"{seconds:.3f}".rstrip("0").rstrip(".")},
    )


def claims_challenge(origin: str, now: float) -> Refusal:
    """401 of continuous access evaluation: sign in again with these claims."""
    wanted = {"access_token": {"nbf": {"essential": True, "value": str(int(now))}}}
    claims = base64.b64encode(msgspec.json.encode(wanted)).decode()
    return Refusal(
        401,
        "InvalidAuthenticationToken",
        "Continuous access evaluation resulted in challenge with result:"
        " InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp",
        headers={
            "WWW-Authenticate": 'Bearer realm="",'
            f' authorization_uri="{origin}/common/oauth2/authorize",'
            ' client_id="00000003-0000-0000-c000-000000000000",'
            f' error="insufficient_claims", claims="{claims}"'
        },
    )


def bad_token(message: str) -> Refusal:
    return Refusal(
        401,
        "InvalidAuthenticationToken",
        message,
        headers={
            "WWW-Authenticate": 'Bearer realm="",'
            ' client_id="00000003-0000-0000-c000-000000000000"'
        },
    )

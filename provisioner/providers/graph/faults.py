"""What a failed answer or a broken connection means, as one of our errors.

Only the status, `error.code`, `error.details` and `Retry-After` decide; the vendor's
message is for people. An answer that is not Graph's own (a gateway's HTML page) says
nothing about the object asked for, whatever its status.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec

from provisioner.errors import (
    PermanentProviderError,
    ProviderError,
    Throttled,
    TransientProviderError,
)
from provisioner.providers.graph.permissions import permission_for
from provisioner.providers.graph.wire import ErrorAnswer, ErrorBody, ErrorDetail

_error = msgspec.json.Decoder(ErrorAnswer)
_details = msgspec.json.Decoder(tuple[ErrorDetail, ...])

_PASSING_STATUS = frozenset({408, 425, 429})
_PASSING_CODES = frozenset({"directory_concurrencyviolation", "toomanyrequests"})
_REMEDIES = {
    401: "Check the tenant's client secret or certificate.",
}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the provider asks to wait; fractions and HTTP dates are legal."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def fault(
    where: str, status: int, headers: Mapping[str, str], body: bytes | msgspec.Raw
) -> ProviderError:
    """The error that an answer of `status` >= 400 means; `where` is `POST /users`."""
    error = _read(body)
    code, target = _decisive(error)
    said = error.message or "" if error else ""
    message = " ".join(f"{where}: {status} {code} {said}".split())
    if _passes(status, code, error, headers):
        asked = retry_after(headers)
        if status == 429 and asked is not None:
            return Throttled(message, seconds=asked, code=code)
        return TransientProviderError(
            message,
            status=status,
            code=code,
            target=target,
            retry_after=asked,
            ambiguous=status >= 500 or status == 408,
        )
    return PermanentProviderError(
        message,
        remedy=_lacking(where) if status == 403 else _REMEDIES.get(status, ""),
        status=status,
        code=code,
        target=target,
    )


def _lacking(where: str) -> str:
    name = permission_for(where) or "the permission it lacks"
    return f"Grant the application {name} and give admin consent."


def _passes(
    status: int, code: str, error: ErrorBody | None, headers: Mapping[str, str]
) -> bool:
    if status in _PASSING_STATUS or code.lower() in _PASSING_CODES:
        return True
    if status >= 500:
        return status != 501
    foreign_page = "html" in headers.get("content-type", "").lower()
    return error is None and foreign_page


def _read(body: bytes | msgspec.Raw) -> ErrorBody | None:
    try:
        return _error.decode(body).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _decisive(error: ErrorBody | None) -> tuple[str, str]:
    """Code and target to decide on: a conflict among the details, else the first.

    A taken address comes as `Request_BadRequest` whose detail says `ObjectConflict`.
    """
    if error is None:
        return "", ""
    try:
        details = _details.decode(error.details)
    except msgspec.DecodeError:
        details = ()
    ranked = sorted(details, key=lambda one: one.code != "ObjectConflict")
    for one in ranked:
        if one.code:
            return one.code, one.target or ""
    return error.code or "", ""


def no_answer(where: str, error: Exception, *, sent: bool) -> TransientProviderError:
    """The connection failed; `sent` tells whether the request may have arrived."""
    what = str(error) or type(error).__name__
    return TransientProviderError(f"{where}: no answer ({what}).", ambiguous=sent)


def unreadable(where: str, error: Exception | str) -> TransientProviderError:
    """A success whose body is no JSON: cut off on the way, or not from Graph."""
    return TransientProviderError(
        f"{where}: unreadable answer ({error}).", ambiguous=True
    )


def unexpected(where: str, error: Exception) -> PermanentProviderError:
    """JSON of another shape than the vendor's schema; trying again cannot help."""
    return PermanentProviderError(
        f"{where}: the answer has an unexpected shape ({error}).",
        remedy="Check that the base URL is Microsoft Graph v1.0.",
    )

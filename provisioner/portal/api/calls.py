"""One call: who makes it, what it may, and how it is answered (RFC 9110, RFC 8288)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import Response
from pydantic import BaseModel

from provisioner.model.viewer import Viewer as Asker
from provisioner.portal.api.problems import Problem
from provisioner.portal.preferences import language_of
from provisioner.portal.viewer import May, Viewer

IfMatch = Annotated[
    str | None,
    Header(description="The ETag of what was read; without it the answer is 428."),
]
IfNoneMatch = Annotated[
    str | None,
    Header(description="ETags that are known already; then the answer is 304."),
]

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Chosen by the caller; the same key again is what was made before, and"
        " makes no second one. With other contents it answers 409.",
    ),
]

CONFLICTS: dict[int | str, dict[str, Any]] = {409: {"description": ""}}
"""For the description: the answer can be that it is not possible; `document` says the rest."""
MISSING: dict[int | str, dict[str, Any]] = {404: {"description": ""}}
"""The same where the body names what may not be there."""


def who_may(what: May) -> Callable[[Request], Viewer]:
    """A dependency: who calls and may do this; 403 for others."""

    def allowed(request: Request) -> Viewer:
        viewer = request.state.viewer
        assert isinstance(viewer, Viewer)  # noqa: S101  put there by `Gate`
        if not viewer.may(what):
            raise Problem(403)
        return viewer

    return allowed


def caller(what: May) -> Any:
    """`Depends` on `who_may`."""
    return Depends(who_may(what))


def asker_of(request: Request, viewer: Viewer) -> Asker:
    """Who calls, as the desk of requests knows people."""
    return viewer.asker(language_of(request))  # type: ignore[arg-type]


def nudge(request: Request) -> None:
    """Tell a worker of this process that a run waits."""
    request.app.state.portal.nudge()


def etag_of(body: bytes) -> str:
    """A strong tag: it changes with each byte of what is shown."""
    return f'"{hashlib.sha256(body).hexdigest()[:24]}"'


def answer(
    found: BaseModel,
    if_none_match: str | None = None,
    status: int = 200,
    **headers: str,
) -> Response:
    """One object with its ETag; 304 without a body where it is known."""
    body = _written(found)
    tag = etag_of(body)
    told = {"etag": tag, "cache-control": "private, no-cache", **headers}
    # A proxy that compresses makes our tag a weak one.
    known = {one.removeprefix("W/") for one in _tags(if_none_match or "")}
    if status == 200 and known & {tag, "*"}:
        return Response(status_code=304, headers=told)
    return Response(body, status, told, "application/json")


def require_seen(if_match: str | None, current: BaseModel) -> None:
    """Raise 428 without `If-Match`, 412 where something else was looked at."""
    # "*" is whatever is there: nobody has looked at that.
    if if_match is None or if_match.strip() == "*":
        raise Problem(428, "unconditional")
    if etag_of(_written(current)) not in _tags(if_match):
        raise Problem(412, "stale")


def _written(found: BaseModel) -> bytes:
    return found.model_dump_json().encode()


def _tags(header: str) -> set[str]:
    return {one.strip() for one in header.split(",")}

"""Errors of the API as RFC 9457 has them (`application/problem+json`)."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.routing import Match

from provisioner.errors import (
    InventoryInvalid,
    ProvisionerError,
    RequestInvalid,
    RequestStale,
)
from provisioner.model.place import Fault
from provisioner.portal.problems import status_of

_log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
KINDS = "https://provisioner.example/problems/"
_MOST = 200
_NONE = Match.NONE
_ADVICE = {
    400: "The request was not understood.",
    401: "Ask the tenant for a token by client credentials, and send it as Bearer.",
    403: "The application's roles do not allow this. Ask the cluster's IT for the role.",
    404: "It is not there, or not for this application to see.",
    405: "See the Allow header for what this address takes.",
    409: "It is not possible, or not any more. Read it again.",
    412: "It has changed since you read it. Read it again, and decide anew.",
    422: "Something in the request is wrong; nothing was done.",
    428: "Send If-Match with the ETag of what you read.",
    429: "Wait as long as Retry-After says, then go on more slowly.",
    500: "Nothing was lost. Try again; if it stays so, tell the cluster's IT the number.",
    503: "Try again later.",
}


class Wrong(Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong: a member by JSON pointer, a parameter, or a header."""

    detail: str
    pointer: str = ""
    parameter: str = ""
    header: str = ""


_NO_JSON = Wrong("The body is no JSON.")


class Problem(Exception):
    """An answer that says no; `kind` names what can be told apart by programs."""

    def __init__(
        self,
        status: int,
        kind: str = "",
        detail: str = "",
        wrong: Iterable[Wrong] = (),
        headers: Mapping[str, str] | None = None,
        number: str = "",
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail or _ADVICE.get(status, "")
        self.wrong = list(wrong)
        self.headers = dict(headers or {})
        if status == 503:
            self.headers.setdefault("retry-after", "30")
        self.number = number

    def response(self) -> Response:
        """As it is sent."""
        told: dict[str, object] = {
            "type": f"{KINDS}{self.kind}" if self.kind else "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.wrong:
            told["errors"] = self.wrong[:_MOST]
        if self.number:
            told["number"] = self.number
        body = msgspec.json.encode(told)
        return Response(body, self.status, self.headers, MEDIA_TYPE)


def answer_problems(app: FastAPI) -> None:
    """Have the app answer every error by a problem."""
    app.add_exception_handler(Problem, _told)
    app.add_exception_handler(HTTPException, _bare)
    app.add_exception_handler(RequestValidationError, _misfilled)
    app.add_exception_handler(ProvisionerError, _refused)
    app.add_exception_handler(Exception, _broken)


async def _told(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101  registered so
    return error.response()


async def _bare(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered so
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers = {"allow": ", ".join(sorted(_taken(request)))}
    if error.status_code == 400:  # a body that is no text at all
        return Problem(422, "invalid", wrong=[_NO_JSON]).response()
    return Problem(error.status_code, headers=headers).response()


def _taken(request: Request) -> set[str]:
    """The methods of an address; each is a route of its own."""
    app = request.app
    path = request.url.path.removeprefix(app.state.prefix)
    asked = {"type": "http", "method": request.method, "path": path}
    fitting = (one for one in app.state.routes if one.matches(asked)[0] is not _NONE)
    return {method for route in fitting for method in route.methods or ()}


async def _misfilled(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered so
    wrong = [
        _wrong(one["loc"], one["type"], one["msg"], error.body)
        for one in error.errors()
    ]
    return Problem(422, "invalid", wrong=wrong).response()


def _wrong(where: tuple[str | int, ...], kind: str, said: str, body: object) -> Wrong:
    place, *rest = where
    if place in ("query", "path"):
        return Wrong(said, parameter=str(rest[0]))
    if place == "header":
        return Wrong(said, header=str(rest[0]))
    if kind == "json_invalid":
        return _NO_JSON
    return Wrong(said, pointer=pointer(*_members(rest, body)))


def _members(path: Sequence[str | int], body: object) -> Iterable[str | int]:
    """The path without the names of shapes, which are no members of the body."""
    here = body
    for number, step in enumerate(path, 1):
        if isinstance(here, dict) and step not in here and number < len(path):
            continue
        yield step
        if isinstance(here, dict):
            here = here.get(step)
        elif isinstance(here, list) and isinstance(step, int) and step < len(here):
            here = here[step]


def pointer(*path: str | int) -> str:
    """A JSON pointer (RFC 6901) to a member of the body."""
    steps = (str(one).replace("~", "~0").replace("/", "~1") for one in path)
    return "".join(f"/{one}" for one in steps)


async def _refused(request: Request, error: Exception) -> Response:
    """Our own errors say what and what to do."""
    assert isinstance(error, ProvisionerError)  # noqa: S101  registered so
    if isinstance(error, RequestInvalid):
        return Problem(422, "invalid", wrong=_faults(error)).response()
    if isinstance(error, InventoryInvalid):
        # Not which: they hold values of all municipalities.
        return Problem(503, "inventory", str(error)).response()
    if isinstance(error, RequestStale):
        return Problem(412, "stale", str(error)).response()
    status = status_of(request.method, error)
    kind = {409: "conflict", 404: ""}.get(status, "away")
    detail = "" if status == 404 else str(error)
    return Problem(status, kind, detail).response()


def _faults(error: RequestInvalid) -> Iterable[Wrong]:
    for one in error.faults:
        assert isinstance(one, Fault)  # noqa: S101  the desk's are
        row = one.place.file == "request" and one.place.line
        where = pointer("wish", "people", row - 1) if row else pointer("wish")
        yield Wrong(f"{one.what} {one.remedy}".rstrip(), pointer=where)


async def _broken(request: Request, error: Exception) -> Response:
    number = secrets.token_hex(4)
    _log.error("problem %s at %s", number, request.url.path, exc_info=error)
    return Problem(500, "broken", number=number).response()

"""Error pages: what is wrong and what to do, in the person's language."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from provisioner.errors import (
    AcknowledgementRefused,
    InventoryInvalid,
    ProvisionerError,
    RecordingHeld,
    RequestRefused,
    RequestStale,
    RequestUnknown,
    SecretUnavailable,
    StoreBusy,
    StoreError,
    StoreFull,
)
from provisioner.portal.rendering import page
from provisioner.portal.safe_target import safe_target
from provisioner.portal.surroundings import origin_of
from provisioner.portal.viewer import May, allows, roles_of
from provisioner.portal.visit import NotSignedIn, Visit, session_of, visit_of
from provisioner.portal.words import FAULTS, MISSING, SESSION_ENDED

Seen = TypeVar("Seen")
_log = logging.getLogger(__name__)
_FAULTS = 20
"""Of the inventory, on one page; `provisioner check` has all of them."""
_NOTHING: dict[str, Any] = {"said": (), "lacks": (), "number": "", "back": ""}
"""What a page of a problem may also say: why, what a form lacks, its number, where to
go back to after signing in."""
_CONFLICTS = (
    AcknowledgementRefused,
    RecordingHeld,
    RequestRefused,
    RequestStale,
    SecretUnavailable,
)


class Misfilled(HTTPException):
    """A form lacks something (422); `field` is a key of `MISSING`."""

    def __init__(self, field: str) -> None:
        super().__init__(422)
        self.lacks = MISSING[field]


def answer_problems(app: FastAPI) -> None:
    """Have the app answer every error by a page."""
    app.add_exception_handler(NotSignedIn, _to_sign_in)
    app.add_exception_handler(HTTPException, _told)
    app.add_exception_handler(RequestValidationError, _misfilled)
    app.add_exception_handler(ProvisionerError, _refused)
    app.add_exception_handler(Exception, _broken)


async def _to_sign_in(request: Request, _: Exception) -> Response:
    """A page sends its visitor to sign in and back; a form was not done, and says so."""
    if request.method != "GET":
        title, advice = SESSION_ENDED
        shown = {"title": title, "advice": advice, "back": _form_page(request)}
        return page(request, "problem.html", status=403, **_NOTHING | shown)
    query = f"?{request.url.query}" if request.url.query else ""
    wanted = quote(f"{request.url.path}{query}", safe="")
    return RedirectResponse(f"/sign-in?next={wanted}", 303)


def _form_page(request: Request) -> str:
    """The page that a form was sent from, as the browser says; else the overview."""
    came = urlsplit(request.headers.get("referer", ""))
    if f"{came.scheme}://{came.netloc}" != origin_of(request):
        return "/"
    return safe_target(f"{came.path}?{came.query}" if came.query else came.path)


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101  registered so
    lacks = [error.lacks] if isinstance(error, Misfilled) else []
    response = await _problem(request, error.status_code, lacks=lacks)
    response.headers.update(error.headers or {})
    return response


async def _misfilled(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101  registered so
    names = dict.fromkeys(str(part) for one in error.errors() for part in one["loc"])
    lacks = [MISSING[name] for name in names if name in MISSING]
    return await _problem(request, 422, lacks=lacks)


async def _refused(request: Request, error: Exception) -> Response:
    """Our own errors say what and what to do; after a form it is most often a conflict."""
    assert isinstance(error, ProvisionerError)  # noqa: S101  registered so
    if isinstance(error, InventoryInvalid):
        shown = await run_in_threadpool(_reads_inventory, request)
        faults = error.faults[:_FAULTS] if shown else ()
        return await _problem(request, 503, [str(error), *map(str, faults)])
    status = status_of(request.method, error)
    said = [one for one in (error.message, error.remedy) if one and status != 404]
    return await _problem(request, status, said)


def status_of(method: str, error: Exception) -> int:
    """404, 409 or 503 for an error of ours, at a page and in the API alike."""
    if isinstance(error, RequestUnknown):
        return 404
    if isinstance(error, StoreBusy | StoreFull):
        return 503
    conflict = isinstance(error, _CONFLICTS)
    conflict |= method in ("POST", "PUT") and isinstance(error, StoreError)
    return 409 if conflict else 503


def undecided(
    chosen: Iterable[tuple[str, Seen]], decide: Callable[[str, Seen], object]
) -> list[tuple[str, ProvisionerError]]:
    """Decide many, each as it was seen; those that stay as they are, and why.

    One that cannot be decided does not hold up the others.
    """
    held = []
    for key, seen in chosen:
        try:
            decide(key, seen)
        except ProvisionerError as error:
            held.append((key, error))
    return held


def answer_for_many(
    request: Request,
    visit: Visit,
    there: str,
    done: str,
    held: Sequence[tuple[str, ProvisionerError]],
) -> Response:
    """Back to the list of what was decided, with a word; 409 and why where some stay."""
    if not held:
        return RedirectResponse(f"{there}?done={done}", 303)
    told = {"there": there, "held": held}
    return page(request, "decided.html", status=409, visit=visit, **told)


async def _broken(request: Request, error: Exception) -> Response:
    number = secrets.token_hex(4)
    _log.error("problem %s at %s", number, request.url.path, exc_info=error)
    return await _problem(request, 500, number=number)


async def _problem(
    request: Request,
    status: int,
    said: Sequence[str] = (),
    *,
    lacks: Sequence[str] = (),
    number: str = "",
) -> Response:
    title, advice = FAULTS.get(status, FAULTS[500 if status >= 500 else 400])
    shown = {"title": title, "advice": advice, "said": said, "lacks": lacks}
    shown["number"] = number
    visit = await run_in_threadpool(_visit, request)
    return page(request, "problem.html", status=status, visit=visit, **_NOTHING | shown)


def _reads_inventory(request: Request) -> bool:
    """Whether the values in faults are theirs to see: they are of all municipalities."""
    try:
        found = session_of(request)
    except ProvisionerError:
        return False
    return found is not None and allows(roles_of(found[0]), May.INVENTORY)


def _visit(request: Request) -> Visit | None:
    """Who is there, if that can be found out: an error page must not fail itself."""
    try:
        return visit_of(request)
    except ProvisionerError:
        return None

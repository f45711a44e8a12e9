"""One visit: the session of a request, its viewer, and what a form must prove."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import Depends, HTTPException, Request, Response
from msgspec import Struct
from starlette.concurrency import run_in_threadpool

from provisioner.portal.surroundings import Portal, cluster_of, origin_of, portal_of
from provisioner.portal.viewer import May, Person, Viewer, viewer_of

_SAFE_SITES = frozenset({"same-origin", "none"})


class NotSignedIn(Exception):
    """Nobody is signed in, or the session is over."""


class Visit(Struct, frozen=True):
    """Who has come, and the token that the forms of their session bear."""

    viewer: Viewer
    csrf: str


def cookie_name(portal: Portal, what: str = "session") -> str:
    """`__Host-` binds a cookie to this very host; browsers take it by https only."""
    return f"{'__Host-' if portal.secure else ''}provisioner-{what}"


def set_cookie(portal: Portal, response: Response, what: str, value: str) -> None:
    """A cookie that ends with the browser and that no script can read."""
    response.set_cookie(
        cookie_name(portal, what),
        value,
        path="/",
        secure=portal.secure,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(portal: Portal, response: Response, what: str) -> None:
    """Have the browser forget a cookie."""
    response.delete_cookie(
        cookie_name(portal, what), path="/", secure=portal.secure, httponly=True
    )


def session_of(request: Request) -> tuple[Person, str] | None:
    """Who is signed in, and the token of their forms; None where nobody is."""
    portal = portal_of(request)
    session_id = request.cookies.get(cookie_name(portal), "")
    found = portal.store.portal_sessions.get(session_id, portal.idle)
    if found is None or found.person is None:
        return None
    return msgspec.convert(found.person, Person), found.csrf


def visit_of(request: Request) -> Visit | None:
    """The visit of a request; None where nobody is signed in."""
    found = session_of(request)
    if found is None:
        return None
    person, csrf = found
    return Visit(viewer_of(person, cluster_of(request)), csrf)


def signed_in(request: Request) -> Visit:
    """The visit; raises `NotSignedIn`."""
    visit = visit_of(request)
    if visit is None:
        raise NotSignedIn
    return visit


def who_may(what: May) -> Callable[[Visit], Visit]:
    """A dependency: the visit of somebody who may do this; 403 for others."""

    def allowed(visit: Annotated[Visit, Depends(signed_in)]) -> Visit:
        if not visit.viewer.may(what):
            raise HTTPException(403)
        return visit

    return allowed


async def own_form(request: Request) -> None:
    """A dependency of every form: it was sent from a page of ours, by its own session.

    Raises 403. A browser says where a form comes from; the token proves it.
    """
    foreign = request.headers.get("sec-fetch-site", "none") not in _SAFE_SITES
    origin = request.headers.get("origin")
    if foreign or (origin is not None and origin != origin_of(request)):
        raise HTTPException(403)
    visit = await run_in_threadpool(visit_of, request)
    if visit is None:
        return
    form = await request.form()
    if not hmac.compare_digest(str(form.get("csrf", "")).encode(), visit.csrf.encode()):
        raise HTTPException(403)

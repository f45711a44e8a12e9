"""Signing in by OpenID Connect (code with PKCE), and signing out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import httpx2
import msgspec
from authlib.integrations.base_client import OAuthError
from authlib.integrations.starlette_client import OAuth
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from joserfc.errors import JoseError
from starlette.concurrency import run_in_threadpool

from provisioner.portal.identity import Identity
from provisioner.portal.rendering import page
from provisioner.portal.safe_target import safe_target
from provisioner.portal.surroundings import Portal, origin_of, portal_of
from provisioner.portal.viewer import Person
from provisioner.portal.visit import (
    cookie_name,
    drop_cookie,
    own_form,
    set_cookie,
    visit_of,
)

_log = logging.getLogger(__name__)
_MINUTES = timedelta(minutes=10)
"""For how long a sign-in that was begun can be ended."""
_CLIENT = "tenant"

router = APIRouter()


def client_of(identity: Identity) -> Any:
    """The client of the tenant that signs people in; it reads keys when first needed."""
    registered = OAuth()
    return registered.register(
        _CLIENT,
        server_metadata_url=identity.metadata_url,
        client_id=identity.client_id,
        client_secret=identity.client_secret,
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "timeout": 20,
        },
    )


@router.get("/sign-in")
async def begin(request: Request, next: str = "/") -> Response:
    """Send the person to the tenant, and remember what must come back."""
    portal = portal_of(request)
    request.app.state.pace.sign_in(request)
    request.scope["session"] = {}
    address = f"{origin_of(request)}/signed-in"
    try:
        response = await request.app.state.tenant.authorize_redirect(request, address)
    except httpx2.HTTPError as error:
        raise _away(error) from error
    kept = {"next": safe_target(next), "oauth": request.session}
    session_id = await run_in_threadpool(
        lambda: portal.store.portal_sessions.begin(_MINUTES, signing_in=kept)
    )
    set_cookie(portal, response, "signing-in", session_id)
    assert isinstance(response, Response)  # noqa: S101
    return response


@router.get("/signed-in")
async def end(request: Request) -> Response:
    """The person is back: check everything, and begin a session of a new id."""
    portal = portal_of(request)
    request.app.state.pace.sign_in(request)
    begun = await run_in_threadpool(_begun, request)
    if begun is None:
        # Too late, or another browser's: nothing is believed, and it can begin anew.
        return page(request, "sign-in-failed.html", status=400)
    request.scope["session"] = begun["oauth"]
    try:
        token = await request.app.state.tenant.authorize_access_token(request)
    except (OAuthError, JoseError) as error:
        _log.warning("a sign-in was refused: %s", type(error).__name__)
        return page(request, "sign-in-failed.html", status=400)
    except httpx2.HTTPError as error:
        raise _away(error) from error
    person = person_of(token["userinfo"], portal.identity.groups)
    session_id = await run_in_threadpool(_signed_in, request, person)
    response = RedirectResponse(begun["next"], 303)
    drop_cookie(portal, response, "signing-in")
    set_cookie(portal, response, "session", session_id)
    return response


@router.post("/sign-out", dependencies=[Depends(own_form)])
def sign_out(request: Request) -> Response:
    """End the session here; the tenant's own is the person's business."""
    portal = portal_of(request)
    visit = visit_of(request)
    portal.store.portal_sessions.take(request.cookies.get(cookie_name(portal), ""))
    if visit is not None:
        _tell(portal, visit.viewer.address, "signed-out")
    response = RedirectResponse("/signed-out", 303)
    drop_cookie(portal, response, "session")
    return response


@router.get("/signed-out")
def signed_out(request: Request) -> Response:
    """What is left to say."""
    return page(request, "signed-out.html")


def _begun(request: Request) -> Any:
    """What this browser's sign-in remembered; once."""
    portal = portal_of(request)
    kept = request.cookies.get(cookie_name(portal, "signing-in"), "")
    session = portal.store.portal_sessions.take(kept)
    return session.signing_in if session else None


def _signed_in(request: Request, person: Person) -> str:
    portal = portal_of(request)
    sessions = portal.store.portal_sessions
    sessions.sweep()
    sessions.take(request.cookies.get(cookie_name(portal), ""))
    _tell(portal, person.address, "signed-in")
    return sessions.begin(portal.lasts, person=msgspec.to_builtins(person))


def _tell(portal: Portal, who: str, what: str) -> None:
    portal.store.audit.append(who, what, "portal")


def person_of(claims: Mapping[str, Any], groups: Mapping[str, str]) -> Person:
    """Who the tenant says it is: app roles, and roles by their groups."""
    words = [*_words(claims.get("roles"))]
    words += [groups[one] for one in _words(claims.get("groups")) if one in groups]
    return Person(
        subject=str(claims.get("oid") or claims["sub"]),
        name=str(claims.get("name") or ""),
        address=str(claims.get("preferred_username") or claims.get("email") or ""),
        claims=tuple(dict.fromkeys(words)),
    )


def _words(value: object) -> Iterable[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _away(error: Exception) -> HTTPException:
    _log.error("the tenant that signs people in does not answer: %s", error)
    return HTTPException(503, headers={"retry-after": "30"})

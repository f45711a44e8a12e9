"""Requests: put in, followed, decided, taken back, filed."""

from __future__ import annotations

import secrets
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from provisioner.model.request import State
from provisioner.portal.api.calls import (
    CONFLICTS,
    MISSING,
    IdempotencyKey,
    IfMatch,
    IfNoneMatch,
    answer,
    asker_of,
    caller,
    require_seen,
)
from provisioner.portal.api.listing import Cursor, Limit, page, text_key
from provisioner.portal.api.problems import Problem, Wrong, pointer
from provisioner.portal.api.shapes import requests as shapes
from provisioner.portal.api.shapes.wishes import shape_of, wish_of
from provisioner.portal.queries import requests
from provisioner.portal.surroundings import portal_of
from provisioner.portal.viewer import May, Viewer

router = APIRouter(tags=["requests"])
Looking = Annotated[Viewer, caller(May.REQUESTS)]
Asking = Annotated[Viewer, caller(May.ASK)]
Approving = Annotated[Viewer, caller(May.APPROVE)]


@router.get("/requests", response_model=shapes.RequestPage)
def list_requests(
    request: Request,
    viewer: Looking,
    state: State | None = None,
    municipality: Annotated[str, Query(max_length=100)] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Requests that the caller sees, newest first."""
    found = requests.listed(
        portal_of(request).desk,
        asker_of(request, viewer),
        state.value if state else "",
        municipality,
        text_key(request, cursor),
        limit,
    )
    shown = [shapes.Request.model_validate(one) for one in found.requests]
    key = (found.after,) if found.after else None
    return page(request, shapes.RequestPage, shown, key)


@router.post(
    "/requests",
    response_model=shapes.RequestStory,
    status_code=201,
    responses=MISSING | CONFLICTS,
)
def submit_request(
    request: Request, viewer: Asking, new: shapes.NewRequest, key: IdempotencyKey = None
) -> Response:
    """Ask for something; all that is wrong with it is told at once."""
    if not viewer.acts_for(new.municipality):
        raise Problem(404)
    made = portal_of(request).desk.submit(
        asker_of(request, viewer),
        new.municipality,
        wish_of(new.wish),
        key=key or secrets.token_urlsafe(16),
        start=new.start,
    )
    there = f"{request.url.path}/{made.id}"
    return answer(_story(request, viewer, made.id), status=201, location=there)


@router.get("/requests/{request_id}", response_model=shapes.RequestStory)
def read_request(
    request: Request,
    request_id: str,
    viewer: Looking,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One request: what it asks for, its time line, and what may be done."""
    return answer(_story(request, viewer, request_id), if_none_match)


@router.post(
    "/requests/{request_id}/approve",
    response_model=shapes.RequestStory,
    responses=CONFLICTS,
)
def approve_request(
    request: Request,
    request_id: str,
    viewer: Approving,
    decision: shapes.Approval,
    if_match: IfMatch = None,
) -> Response:
    """Say yes; it takes two people where the policy says so."""
    version = _seen(request, viewer, request_id, if_match)
    desk, asker = portal_of(request).desk, asker_of(request, viewer)
    desk.approve(asker, request_id, version, decision.reason)
    return answer(_story(request, viewer, request_id))


@router.post(
    "/requests/{request_id}/reject",
    response_model=shapes.RequestStory,
    responses=CONFLICTS,
)
def reject_request(
    request: Request,
    request_id: str,
    viewer: Approving,
    decision: shapes.Rejection,
    if_match: IfMatch = None,
) -> Response:
    """Say no; the reason goes to the requester."""
    version = _seen(request, viewer, request_id, if_match)
    if not decision.reason.strip():
        wrong = Wrong("A rejection needs a reason.", pointer=pointer("reason"))
        raise Problem(422, "invalid", wrong=[wrong])
    desk, asker = portal_of(request).desk, asker_of(request, viewer)
    desk.reject(asker, request_id, version, decision.reason)
    return answer(_story(request, viewer, request_id))


@router.post(
    "/requests/{request_id}/withdraw",
    response_model=shapes.RequestStory,
    responses=CONFLICTS,
)
def withdraw_request(
    request: Request, request_id: str, viewer: Looking, if_match: IfMatch = None
) -> Response:
    """Take a request back, until it is recorded."""
    version = _seen(request, viewer, request_id, if_match)
    desk = portal_of(request).desk
    desk.withdraw(asker_of(request, viewer), request_id, version)
    return answer(_story(request, viewer, request_id))


@router.post(
    "/requests/{request_id}/close",
    response_model=shapes.RequestStory,
    responses=CONFLICTS,
)
def close_request(
    request: Request, request_id: str, viewer: Looking, if_match: IfMatch = None
) -> Response:
    """File a request that is done."""
    version = _seen(request, viewer, request_id, if_match)
    portal_of(request).desk.close(asker_of(request, viewer), request_id, version)
    return answer(_story(request, viewer, request_id))


def _seen(
    request: Request, viewer: Viewer, request_id: str, if_match: str | None
) -> int:
    """The version of what the caller has looked at; raises where it is another now."""
    story = _story(request, viewer, request_id)
    require_seen(if_match, story)
    return story.version


def _story(request: Request, viewer: Viewer, request_id: str) -> shapes.RequestStory:
    desk, asker = portal_of(request).desk, asker_of(request, viewer)
    story = requests.story(desk, asker, viewer, request_id)
    told = {
        **msgspec.structs.asdict(story.request),
        "sort": story.request.sort,
        "wish": shape_of(story.request.wish),
        "steps": story.steps,
        "diff": story.diff,
        "in_the_way": story.in_the_way,
        "may": sorted(story.may),
        "passwords": [
            {"address": address, "state": one.state, "expires": one.expires}
            for address, one in sorted(story.secrets.items())
        ],
    }
    return shapes.RequestStory.model_validate(told)

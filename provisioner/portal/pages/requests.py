"""Requests: the list, one of them with its time line, and what people decide."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from provisioner.model.language import Language
from provisioner.model.request import State
from provisioner.model.viewer import Viewer as Asker
from provisioner.portal.preferences import language_of
from provisioner.portal.problems import Misfilled, answer_for_many, undecided
from provisioner.portal.queries import requests
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, own_form, who_may

router = APIRouter()
_LONGEST = 500
Looking = Annotated[Visit, Depends(who_may(May.REQUESTS))]
Approving = Annotated[Visit, Depends(who_may(May.APPROVE))]
Reason = Annotated[str, Form(max_length=_LONGEST)]


def asker_of(request: Request, visit: Visit) -> Asker:
    """Who has come, as the desk of requests knows people."""
    language: Language = language_of(request)  # type: ignore[assignment]
    return visit.viewer.asker(language)


@router.get("/requests")
def listed(
    request: Request,
    visit: Looking,
    state: str = "",
    municipality: str = "",
    before: str = "",
) -> Response:
    """Requests, newest first."""
    portal, asker = portal_of(request), asker_of(request, visit)
    return page(
        request,
        "requests.html",
        visit=visit,
        found=requests.listed(portal.desk, asker, state, municipality, before),
        wanted={"state": state, "municipality": municipality},
        states=State,
        towns=[
            m for m in cluster_of(request).municipalities if visit.viewer.sees(m.slug)
        ],
        asks=requests.towns_to_ask_for(cluster_of(request), visit.viewer),
    )


@router.post("/requests/decide", dependencies=[Depends(own_form)])
def decide(
    request: Request,
    visit: Approving,
    one: Annotated[list[str], Form()],
    verdict: Annotated[str, Form(pattern="^(approve|reject)$")],
    reason: Reason = "",
) -> Response:
    """Approve or reject many; each is `ID@VERSION` as it was looked at.

    One that cannot be decided does not hold up the others; the page tells which and why.
    """

    def decide_this(request_id: str, version: int) -> None:
        _decided(request, visit, request_id, version, verdict, reason)

    held = undecided([_as_looked_at(text) for text in one], decide_this)
    return answer_for_many(request, visit, "/requests", "decided", held)


def _as_looked_at(text: str) -> tuple[str, int]:
    request_id, _, version = text.rpartition("@")
    if not version.isdecimal():
        raise HTTPException(422)
    return request_id, int(version)


@router.get("/requests/{request_id}")
def one(request: Request, visit: Looking, request_id: str) -> Response:
    """One request: what it asks for, its time line, and what may be done."""
    portal, asker = portal_of(request), asker_of(request, visit)
    story = requests.story(portal.desk, asker, visit.viewer, request_id)
    slug = story.request.municipality
    town = next((m for m in cluster_of(request).municipalities if m.slug == slug), None)
    return page(
        request,
        "request.html",
        visit=visit,
        story=story,
        town=town,
        contents=requests.contents(story.request.wish),
    )


@router.post("/requests/{request_id}/decide", dependencies=[Depends(own_form)])
def decide_one(
    request: Request,
    visit: Approving,
    request_id: str,
    version: Annotated[int, Form()],
    verdict: Annotated[str, Form(pattern="^(approve|reject)$")],
    reason: Reason = "",
) -> Response:
    """Approve or reject one."""
    _decided(request, visit, request_id, version, verdict, reason)
    return RedirectResponse(f"/requests/{request_id}?done=decided", 303)


@router.post("/requests/{request_id}/withdraw", dependencies=[Depends(own_form)])
def withdraw(
    request: Request, visit: Looking, request_id: str, version: Annotated[int, Form()]
) -> Response:
    """Take a request back."""
    desk = portal_of(request).desk
    desk.withdraw(asker_of(request, visit), request_id, version)
    return RedirectResponse(f"/requests/{request_id}?done=withdrawn", 303)


@router.post("/requests/{request_id}/close", dependencies=[Depends(own_form)])
def close(
    request: Request, visit: Looking, request_id: str, version: Annotated[int, Form()]
) -> Response:
    """File a request that is done."""
    desk = portal_of(request).desk
    desk.close(asker_of(request, visit), request_id, version)
    return RedirectResponse(f"/requests/{request_id}?done=closed", 303)


def _decided(
    request: Request,
    visit: Visit,
    request_id: str,
    version: int,
    verdict: str,
    reason: str,
) -> None:
    desk, asker = portal_of(request).desk, asker_of(request, visit)
    if verdict == "approve":
        desk.approve(asker, request_id, version, reason)
    elif reason.strip():
        desk.reject(asker, request_id, version, reason)
    else:
        raise Misfilled("reject")

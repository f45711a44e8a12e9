"""The overview: all municipalities for who sees them, one's own for a CIO."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from provisioner.model.request import Request as Asked
from provisioner.portal.pages.requests import asker_of
from provisioner.portal.queries import drift as differences
from provisioner.portal.queries import fleet
from provisioner.portal.queries.seats import seats
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, own_form, signed_in, who_may

router = APIRouter()
_SHOWN = 20
_REQUESTS = 8


@router.get("/")
def overview(request: Request, visit: Annotated[Visit, Depends(signed_in)]) -> Response:
    """The fleet matrix; a CIO of one municipality sees that; who has no role is told."""
    portal, viewer = portal_of(request), visit.viewer
    if not viewer.may(May.LOOK):
        return page(request, "no-role.html", status=403, visit=visit)
    if not viewer.sees_all and len(viewer.towns) == 1:
        (slug,) = viewer.towns
        return RedirectResponse(f"/municipalities/{slug}", 303)
    found = fleet.matrix(portal.store, cluster_of(request), viewer)
    return page(request, "overview.html", visit=visit, matrix=found)


@router.get("/municipalities/{slug}")
def municipality(
    request: Request, slug: str, visit: Annotated[Visit, Depends(who_may(May.LOOK))]
) -> Response:
    """One municipality: how it stands, its differences, its seats."""
    portal = portal_of(request)
    owner = fleet.owner_of(cluster_of(request), slug, visit.viewer)
    if owner is None:
        raise HTTPException(404)
    wanted = differences.Wanted(municipality=slug)
    items = differences.listed(portal.store, visit.viewer, wanted)
    return page(
        request,
        "municipality.html",
        visit=visit,
        owner=owner,
        row=fleet.row(portal.store, owner, visit.viewer),
        items=items[:_SHOWN],
        more=len(items) - _SHOWN,
        requests=_requests(request, visit, slug),
        seats=seats(portal.store, [owner]) if owner.level == "municipality" else [],
    )


def _requests(request: Request, visit: Visit, slug: str) -> list[Asked] | None:
    """The newest requests of a municipality; None for who sees none at all."""
    if not visit.viewer.may(May.REQUESTS) or "@" in slug:
        return None
    asker = asker_of(request, visit)
    return portal_of(request).desk.find(asker, municipality=slug, limit=_REQUESTS)


@router.post("/municipalities/{slug}/look", dependencies=[Depends(own_form)])
def look(
    request: Request, slug: str, visit: Annotated[Visit, Depends(who_may(May.OPERATE))]
) -> Response:
    """Order a run that looks for differences here."""
    portal = portal_of(request)
    if fleet.owner_of(cluster_of(request), slug, visit.viewer) is None:
        raise HTTPException(404)
    run = differences.look_again(portal.store, visit.viewer, [slug], portal.now())
    portal.nudge()
    return RedirectResponse(f"/runs/{run}?done=ordered", 303)


@router.post("/look", dependencies=[Depends(own_form)])
def look_everywhere(
    request: Request,
    visit: Annotated[Visit, Depends(who_may(May.OPERATE))],
    confirm: Annotated[str, Form()] = "",
) -> Response:
    """Order a run that looks for differences everywhere."""
    portal = portal_of(request)
    if confirm != "yes":
        raise HTTPException(422)
    run = differences.look_again(portal.store, visit.viewer, [], portal.now())
    portal.nudge()
    return RedirectResponse(f"/runs/{run}?done=ordered", 303)

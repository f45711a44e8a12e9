"""Seats by municipality, now and in the weeks to come."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from provisioner.portal.queries import seats as counted
from provisioner.portal.queries.fleet import towns_of
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, who_may

router = APIRouter()


@router.get("/seats")
def seats(
    request: Request,
    visit: Annotated[Visit, Depends(who_may(May.LOOK))],
    municipality: str = "",
) -> Response:
    """Budgets, who wants a seat, who waits, and what is known to come."""
    portal = portal_of(request)
    cluster, viewer = cluster_of(request), visit.viewer
    towns = towns_of(cluster, viewer, municipality)
    if municipality and not towns:
        raise HTTPException(404)
    return page(
        request,
        "seats.html",
        visit=visit,
        towns=counted.seats(portal.store, towns),
        ahead=counted.ahead(portal.store, cluster, towns, portal.now()),
        every=towns_of(cluster, viewer),
        wanted={"municipality": municipality},
    )

"""Seats by municipality."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from provisioner.portal.queries.seats import seats as counted
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, who_may

router = APIRouter()


@router.get("/seats")
def seats(
    request: Request, visit: Annotated[Visit, Depends(who_may(May.LOOK))]
) -> Response:
    """Budgets, who wants a seat, and who waits."""
    portal = portal_of(request)
    found = counted(portal.store, portal.load(), visit.viewer)
    return page(request, "seats.html", visit=visit, towns=found)

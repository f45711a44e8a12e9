"""Pages for everybody, signed in or not: the accessibility statement."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from provisioner.portal.rendering import page
from provisioner.portal.visit import visit_of

router = APIRouter()


@router.get("/accessibility")
def accessibility(request: Request) -> Response:
    """What was done so that everybody can use the portal, and whom to tell."""
    return page(request, "accessibility.html", visit=visit_of(request))

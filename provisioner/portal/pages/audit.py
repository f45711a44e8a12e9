"""The audit, for who may read it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from provisioner.portal.queries.audit import search
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, who_may

router = APIRouter()


@router.get("/audit")
def audit(
    request: Request,
    visit: Annotated[Visit, Depends(who_may(May.AUDIT))],
    words: Annotated[str, Query(max_length=200)] = "",
    actor: Annotated[str, Query(max_length=200)] = "",
    before: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """Rows with the words, newest first."""
    found = search(portal_of(request).store, words, actor, before)
    wanted = {"words": words, "actor": actor}
    return page(request, "audit.html", visit=visit, found=found, wanted=wanted)

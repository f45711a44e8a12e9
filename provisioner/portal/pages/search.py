"""The search of every page's head."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from provisioner.portal.pages.requests import asker_of
from provisioner.portal.queries.search import MOST
from provisioner.portal.queries.search import search as found_by
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, who_may

router = APIRouter()


@router.get("/search")
def search(
    request: Request,
    visit: Annotated[Visit, Depends(who_may(May.LOOK))],
    words: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """What has all the words, of all that the viewer sees."""
    desk, asker = portal_of(request).desk, asker_of(request, visit)
    found = found_by(desk, cluster_of(request), visit.viewer, asker, words)
    return page(
        request, "search.html", visit=visit, words=words, found=found, most=MOST
    )

"""Backups at one glance, and as a table to take along."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from provisioner.portal.preferences import language_of
from provisioner.portal.queries import backups
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, who_may
from provisioner.renderers.language import translator

router = APIRouter()
Looking = Annotated[Visit, Depends(who_may(May.LOOK))]


@router.get("/backups")
def listed(
    request: Request, visit: Looking, municipality: str = "", state: str = ""
) -> Response:
    """What is saved and what is not, with its age against what is allowed."""
    portal, words = portal_of(request), translator(language_of(request))
    cluster = portal.load()
    found = backups.table(portal, cluster, visit.viewer, words, municipality, state)
    return page(
        request,
        "backups.html",
        visit=visit,
        found=found,
        wanted={"municipality": municipality, "state": state},
        towns=[m for m in cluster.municipalities if visit.viewer.sees(m.slug)],
    )


@router.get("/backups.csv")
def exported(
    request: Request, visit: Looking, municipality: str = "", state: str = ""
) -> Response:
    """The same table as CSV in UTF-8, as Excel opens it."""
    portal, words = portal_of(request), translator(language_of(request))
    found = backups.table(
        portal, portal.load(), visit.viewer, words, municipality, state
    )
    name = f"backups-{portal.now():%Y-%m-%d}.csv"
    return Response(
        backups.as_csv(found),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )

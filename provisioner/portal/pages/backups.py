"""Backups at one glance, one of them, and as a table to take along."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from provisioner.portal.preferences import language_of
from provisioner.portal.queries import backups
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, own_form, who_may
from provisioner.renderers.backups import headings
from provisioner.renderers.backups_page import backups_pdf
from provisioner.renderers.language import translator
from provisioner.service.acknowledging import LONGEST, LONGEST_REASON, SHORTEST_REASON

router = APIRouter()
Looking = Annotated[Visit, Depends(who_may(May.LOOK))]
Keeping = Annotated[Visit, Depends(who_may(May.BACKUPS))]


@router.get("/backups")
def listed(
    request: Request, visit: Looking, municipality: str = "", state: str = ""
) -> Response:
    """What is saved and what is not, with its age against what is allowed."""
    portal, words = portal_of(request), translator(language_of(request))
    cluster = cluster_of(request)
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
        portal, cluster_of(request), visit.viewer, words, municipality, state
    )
    return _file(request, backups.as_csv(found), "csv", "text/csv; charset=utf-8")


@router.get("/backups.pdf")
def printed(request: Request, visit: Looking, municipality: str = "") -> Response:
    """What is wrong and every asset, on paper; Hebrew and Arabic from right to left."""
    portal, cluster = portal_of(request), cluster_of(request)
    report = backups.seen(portal, cluster, visit.viewer, municipality)
    made = backups_pdf(report, cluster.names, language_of(request))
    return _file(request, made, "pdf", "application/pdf")


@router.post("/backups/acknowledge", dependencies=[Depends(own_form)])
def acknowledge(
    request: Request,
    visit: Keeping,
    key: Annotated[str, Form(max_length=500)],
    until: Annotated[date, Form()],
    reason: Annotated[str, Form(min_length=SHORTEST_REASON, max_length=LONGEST_REASON)],
) -> Response:
    """Let a backup in danger be, to the end of a day."""
    portal = portal_of(request)
    words = translator(language_of(request))
    if backups.one(portal, cluster_of(request), visit.viewer, words, key) is None:
        raise HTTPException(404)
    backups.acknowledge(portal, visit.viewer, key, until, reason)
    return RedirectResponse(f"/backups/{quote(key)}?done=known", 303)


@router.get("/backups/{backup:path}")
def one(request: Request, visit: Looking, backup: str) -> Response:
    """One job, or something that has none: how it stands, what is wrong, who knows."""
    portal, words = portal_of(request), translator(language_of(request))
    found = backups.one(portal, cluster_of(request), visit.viewer, words, backup)
    if found is None:
        raise HTTPException(404)
    today = portal.now().date()
    return page(
        request,
        "backup.html",
        visit=visit,
        found=found,
        headings=headings(words),
        days=(today, today + timedelta(days=14), today + LONGEST - timedelta(days=1)),
        longest=LONGEST_REASON,
    )


def _file(request: Request, content: str | bytes, form: str, media: str) -> Response:
    name = f"backups-{portal_of(request).now():%Y-%m-%d}.{form}"
    told = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media, headers=told)

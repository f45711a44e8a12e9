"""When runs begin by themselves, and when nothing is written."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from provisioner.portal.queries.times import timetable
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, who_may

router = APIRouter()


@router.get("/schedules")
def schedules(
    request: Request, visit: Annotated[Visit, Depends(who_may(May.RUNS))]
) -> Response:
    """Each schedule with its next times."""
    portal, cluster = portal_of(request), cluster_of(request)
    return page(
        request,
        "schedules.html",
        visit=visit,
        timetable=timetable(portal.store, cluster, portal.now()),
        by_name={one.name: one for one in cluster.schedules},
    )

"""Differences: the list, one of them, and what may be done about it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from provisioner.model.drift_item import DriftItem, Life
from provisioner.model.municipality import Municipality
from provisioner.portal.problems import Misfilled
from provisioner.portal.queries import drift as differences
from provisioner.portal.queries import fleet
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, own_form, who_may

router = APIRouter()
_PAGE = 100
_LONGEST = 500
Looking = Annotated[Visit, Depends(who_may(May.LOOK))]
Operating = Annotated[Visit, Depends(who_may(May.OPERATE))]


@router.get("/drift")
def listed(
    request: Request,
    visit: Looking,
    municipality: str = "",
    kind: str = "",
    state: str = "",
    life: str = "",
    words: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Open differences, the oldest first."""
    portal, viewer = portal_of(request), visit.viewer
    wanted = differences.Wanted(municipality, kind, state, life, words)
    items = differences.listed(portal.store, viewer, wanted)
    return page(
        request,
        "drift.html",
        visit=visit,
        items=items[:_PAGE],
        more=max(0, len(items) - _PAGE),
        wanted=wanted,
        kinds=fleet.KINDS,
        lives=[one for one in Life if one is not Life.RESOLVED],
        towns=[m for m in cluster_of(request).municipalities if viewer.sees(m.slug)],
        repairable=differences.repairable,
    )


@router.post("/drift/acknowledge", dependencies=[Depends(own_form)])
def acknowledge(
    request: Request,
    visit: Operating,
    key: Annotated[str, Form()],
    days: Annotated[int, Form(ge=1, le=365)],
    reason: Annotated[str, Form(min_length=3, max_length=_LONGEST)],
) -> Response:
    """Accept what was found until a day."""
    portal, item = portal_of(request), _item(request, visit, key)
    differences.acknowledge(
        portal.store, visit.viewer, item, days, " ".join(reason.split()), portal.now()
    )
    return RedirectResponse(f"/drift/{key}?done=acknowledged", 303)


@router.post("/drift/repair", dependencies=[Depends(own_form)])
def repair(
    request: Request, visit: Operating, key: Annotated[list[str], Form(max_length=200)]
) -> Response:
    """Order a run that sets the chosen ones right."""
    portal = portal_of(request)
    items = [_item(request, visit, one) for one in dict.fromkeys(key)]
    items = [one for one in items if differences.repairable(one)]
    if not items:
        raise Misfilled("repair")
    run = differences.repair(portal.store, visit.viewer, items, portal.now())
    portal.nudge()
    return RedirectResponse(f"/runs/{run}?done=ordered", 303)


@router.post("/drift/adopt", dependencies=[Depends(own_form)])
def adopt(
    request: Request, visit: Operating, key: Annotated[str, Form(max_length=200)]
) -> Response:
    """Order a run that takes over what the inventory wants and nobody of us made."""
    portal, item = portal_of(request), _item(request, visit, key)
    way = differences.takeover(item, _owner(request, visit, item))
    if way is None or not way.ready:
        raise HTTPException(422)
    run = differences.adopt(portal.store, visit.viewer, item, portal.now())
    portal.nudge()
    return RedirectResponse(f"/runs/{run}?done=ordered", 303)


@router.get("/drift/{key:path}")
def one(request: Request, visit: Looking, key: str) -> Response:
    """One difference: by field, since when, who, and its life so far."""
    portal, item = portal_of(request), _item(request, visit, key)
    owner = _owner(request, visit, item)
    return page(
        request,
        "difference.html",
        visit=visit,
        item=item,
        owner=owner,
        story=differences.story(portal.store, item),
        repairable=differences.repairable(item),
        takeover=differences.takeover(item, owner),
    )


def _owner(request: Request, visit: Visit, item: DriftItem) -> Municipality | None:
    cluster = cluster_of(request)
    return fleet.owner_of(cluster, item.municipality, visit.viewer)


def _item(request: Request, visit: Visit, key: str) -> DriftItem:
    found = differences.one(portal_of(request).store, visit.viewer, key)
    if found is None:
        raise HTTPException(404)
    return found

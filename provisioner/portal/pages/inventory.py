"""The inventory as it is read: each value with its file and line."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import Response

from provisioner.portal.queries import files
from provisioner.portal.queries.fleet import owner_of, towns_of
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, who_may

router = APIRouter()
Reading = Annotated[Visit, Depends(who_may(May.INVENTORY))]


@router.get("/inventory")
def cluster(request: Request, visit: Reading) -> Response:
    """The cluster's own values, and the way to its municipalities."""
    portal = portal_of(request)
    found = cluster_of(request)
    return page(
        request,
        "inventory.html",
        visit=visit,
        inventory=found,
        towns=towns_of(found, visit.viewer),
        values=files.values_of(portal.inventory),
    )


@router.get("/inventory/{slug}")
def municipality(
    request: Request,
    visit: Reading,
    slug: str,
    words: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """One municipality's values and people."""
    portal = portal_of(request)
    town = owner_of(cluster_of(request), slug, visit.viewer)
    if town is None or town.level == "cluster":
        raise HTTPException(404)
    return page(
        request,
        "inventory-municipality.html",
        visit=visit,
        town=town,
        values=files.values_of(portal.inventory, slug),
        people=files.people_of(town, words, after),
        words=words,
    )

"""Municipalities, how they stand, their mailboxes in the inventory, and seats."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from provisioner.model.municipality import Municipality
from provisioner.portal.api.calls import IfNoneMatch, answer, caller
from provisioner.portal.api.listing import (
    Cursor,
    Limit,
    key_of,
    number_key,
    page,
    window,
)
from provisioner.portal.api.problems import Problem
from provisioner.portal.api.shapes import fleet as shapes
from provisioner.portal.queries import files, fleet
from provisioner.portal.queries import seats as budgets
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May, Viewer

router = APIRouter(tags=["municipalities"])
Looking = Annotated[Viewer, caller(May.LOOK)]
Reading = Annotated[Viewer, caller(May.INVENTORY)]
Words = Annotated[
    str, Query(max_length=200, description="Only rows that have all these words.")
]


@router.get("/municipalities", response_model=shapes.MunicipalityPage)
def list_municipalities(
    request: Request, viewer: Looking, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """The municipalities that the caller sees, and what is not in sync there."""
    portal, after = portal_of(request), key_of(request, cursor)
    rows = fleet.matrix(portal.store, cluster_of(request), viewer).rows
    found, key = window(rows, lambda one: (one.slug,), after, limit)
    shown = [shapes.Municipality.model_validate(one) for one in found]
    return page(request, shapes.MunicipalityPage, shown, key)


@router.get("/municipalities/{slug}", response_model=shapes.MunicipalityStanding)
def read_municipality(
    request: Request, slug: str, viewer: Looking, if_none_match: IfNoneMatch = None
) -> Response:
    """One municipality: how each kind stands, since when, and when somebody looked."""
    owner = _owner(request, viewer, slug)
    row = fleet.row(portal_of(request).store, owner, viewer)
    return answer(shapes.MunicipalityStanding.model_validate(row), if_none_match)


@router.get("/municipalities/{slug}/mailboxes", response_model=shapes.MailboxPage)
def list_mailboxes(
    request: Request,
    slug: str,
    viewer: Reading,
    words: Words = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The people of a municipality as the inventory has them."""
    town, after = _owner(request, viewer, slug), number_key(request, cursor)
    if town.level == "cluster":
        raise Problem(404)
    found = files.people_of(town, words, after, limit)
    shown = [shapes.Mailbox.model_validate(one) for one in found.people]
    key = (found.after,) if found.after else None
    return page(request, shapes.MailboxPage, shown, key)


@router.get("/seats", response_model=shapes.SeatsPage)
def list_seats(
    request: Request, viewer: Looking, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Budgets by licence, who wants a seat, and which mailboxes wait."""
    portal, after = portal_of(request), key_of(request, cursor)
    towns = fleet.towns_of(cluster_of(request), viewer)
    found, key = window(towns, lambda one: (one.slug,), after, limit)
    shown = [_seats(one) for one in budgets.seats(portal.store, found)]
    return page(request, shapes.SeatsPage, shown, key)


def _seats(town: budgets.TownSeats) -> shapes.Seats:
    told = {**msgspec.structs.asdict(town), "waiting": [x.key for x in town.waiting]}
    return shapes.Seats.model_validate(told)


def _owner(request: Request, viewer: Viewer, slug: str) -> Municipality:
    owner = fleet.owner_of(cluster_of(request), slug, viewer)
    if owner is None:
        raise Problem(404)
    return owner

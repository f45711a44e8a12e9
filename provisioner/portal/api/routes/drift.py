"""Differences: listed, read, accepted; their repair is ordered as a run."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from provisioner.model.change import Drift
from provisioner.model.drift_item import DriftItem, Life
from provisioner.portal.api.calls import CONFLICTS, IfNoneMatch, answer, caller
from provisioner.portal.api.listing import Cursor, Key, Limit, key_of, page, window
from provisioner.portal.api.problems import Problem
from provisioner.portal.api.shapes import drift as shapes
from provisioner.portal.queries import drift as differences
from provisioner.portal.surroundings import portal_of
from provisioner.portal.viewer import May, Viewer

router = APIRouter(tags=["drift"])
Looking = Annotated[Viewer, caller(May.LOOK)]
Operating = Annotated[Viewer, caller(May.OPERATE)]
Named = Annotated[str, Query(max_length=100)]


@router.get("/drift", response_model=shapes.DifferencePage)
def list_drift(
    request: Request,
    viewer: Looking,
    municipality: Named = "",
    kind: Named = "",
    state: Drift | None = None,
    life: Life | None = None,
    words: Annotated[str, Query(max_length=200)] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Open differences that the caller sees, the oldest first."""
    after = key_of(request, cursor)
    wanted = differences.Wanted(
        municipality,
        kind,
        state.value if state else "",
        life.value if life else "",
        words,
    )
    items = differences.listed(portal_of(request).store, viewer, wanted)
    found, key = window(items, _place, after, limit)
    shown = [shapes.Difference.model_validate(_told(one)) for one in found]
    return page(request, shapes.DifferencePage, shown, key)


@router.get(
    "/drift/{municipality}/{kind}/{name:path}", response_model=shapes.DifferenceStory
)
def read_difference(
    request: Request,
    municipality: str,
    kind: str,
    name: str,
    viewer: Looking,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One open difference: by field, since when, who, and its life so far."""
    item = _item(request, viewer, municipality, kind, name)
    return answer(_story(request, item), if_none_match)


@router.put(
    "/acceptances/{municipality}/{kind}/{name:path}",
    response_model=shapes.DifferenceStory,
    responses=CONFLICTS,
)
def accept_difference(
    request: Request,
    municipality: str,
    kind: str,
    name: str,
    viewer: Operating,
    acceptance: shapes.Acceptance,
) -> Response:
    """Accept the values found for some days; another value is a new difference."""
    portal = portal_of(request)
    item = _item(request, viewer, municipality, kind, name)
    reason = " ".join(acceptance.reason.split())
    differences.acknowledge(
        portal.store, viewer, item, acceptance.days, reason, portal.now()
    )
    return answer(_story(request, _item(request, viewer, municipality, kind, name)))


def _item(
    request: Request, viewer: Viewer, municipality: str, kind: str, name: str
) -> DriftItem:
    key = f"{municipality}/{kind}/{name}"
    found = differences.one(portal_of(request).store, viewer, key)
    if found is None:
        raise Problem(404)
    return found


def _place(item: DriftItem) -> Key:
    """What is accepted comes last, and the oldest first."""
    accepted = int(item.life is Life.ACKNOWLEDGED)
    return (accepted, item.since.isoformat(timespec="microseconds"), item.key)


def _story(request: Request, item: DriftItem) -> shapes.DifferenceStory:
    story = differences.story(portal_of(request).store, item)
    told = {**_told(item), "steps": story.steps, "accepted": story.accepted}
    return shapes.DifferenceStory.model_validate(told)


def _told(item: DriftItem) -> dict[str, object]:
    more = {"key": item.key, "repairable": differences.repairable(item)}
    return msgspec.structs.asdict(item) | more

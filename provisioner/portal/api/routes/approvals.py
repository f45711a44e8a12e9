"""Plans that wait for a second person, and their yes."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Request
from fastapi.responses import Response

from provisioner.model.approval import Approval
from provisioner.portal.api.calls import (
    CONFLICTS,
    IfMatch,
    IfNoneMatch,
    answer,
    caller,
    require_seen,
)
from provisioner.portal.api.listing import Cursor, Limit, key_of, page, window
from provisioner.portal.api.plans import plans_of
from provisioner.portal.api.problems import Problem
from provisioner.portal.api.shapes import runs as shapes
from provisioner.portal.queries import runs
from provisioner.portal.surroundings import portal_of
from provisioner.portal.viewer import May, Viewer
from provisioner.service.orders import approve

router = APIRouter(tags=["approvals"])
Looking = Annotated[Viewer, caller(May.RUNS)]
Approving = Annotated[Viewer, caller(May.APPROVE)]


@router.get("/approvals", response_model=shapes.WaitingPlanPage)
def list_approvals(
    request: Request, viewer: Looking, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """What waits for a second person now, oldest first."""
    after = key_of(request, cursor)
    waiting = runs.waiting_plans(portal_of(request).store, viewer)
    plans = [one.approval for one in waiting]
    found, key = window(plans, lambda one: (one.run_id,), after, limit)
    shown = [shapes.WaitingPlan.model_validate(_told(one, viewer)) for one in found]
    return page(request, shapes.WaitingPlanPage, shown, key)


@router.get("/approvals/{run_id}", response_model=shapes.WaitingPlanStory)
def read_approval(
    request: Request, run_id: str, viewer: Looking, if_none_match: IfNoneMatch = None
) -> Response:
    """What a run asked for, with the plans; decided ones too."""
    return answer(_story(request, viewer, run_id), if_none_match)


@router.post(
    "/approvals/{run_id}/approve",
    response_model=shapes.WaitingPlanStory,
    responses=CONFLICTS,
)
def approve_plan(
    request: Request, run_id: str, viewer: Approving, if_match: IfMatch = None
) -> Response:
    """Say yes to exactly the plan that was read; never to one's own."""
    portal = portal_of(request)
    require_seen(if_match, _story(request, viewer, run_id))
    approve(portal.store, run_id, viewer.address, portal.now())
    portal.nudge()
    return answer(_story(request, viewer, run_id))


def _story(request: Request, viewer: Viewer, run_id: str) -> shapes.WaitingPlanStory:
    store = portal_of(request).store
    approval = store.approvals.get(run_id)
    if approval is None:
        raise Problem(404)
    told = {**_told(approval, viewer), "plans": plans_of(store, run_id)}
    return shapes.WaitingPlanStory.model_validate(told)


def _told(approval: Approval, viewer: Viewer) -> dict[str, object]:
    own = {"own": runs.is_own(approval, viewer)}
    return msgspec.structs.asdict(approval) | own

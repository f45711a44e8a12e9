"""Plans that wait for a second person, in view, and their yes."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from provisioner.errors import StoreError
from provisioner.portal.problems import answer_for_many, undecided
from provisioner.portal.queries import runs
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, own_form, who_may
from provisioner.service.orders import approve as approved

router = APIRouter()
Looking = Annotated[Visit, Depends(who_may(May.RUNS))]
Approving = Annotated[Visit, Depends(who_may(May.APPROVE))]


@router.get("/approvals")
def listed(request: Request, visit: Looking) -> Response:
    """What waits, oldest first."""
    waiting = runs.waiting_plans(portal_of(request).store, visit.viewer)
    return page(request, "approvals.html", visit=visit, waiting=waiting)


@router.get("/approvals/{run_id}")
def one(request: Request, visit: Looking, run_id: str) -> Response:
    """One plan with its changes, seats, and what guards held back."""
    portal = portal_of(request)
    approval = portal.store.approvals.get(run_id)
    if approval is None:
        raise HTTPException(404)
    return page(
        request,
        "approval.html",
        visit=visit,
        approval=approval,
        own=runs.is_own(approval, visit.viewer),
        expired=approval.expires <= portal.now(),
        plans=runs.planned(portal.store, cluster_of(request), run_id),
    )


@router.post("/approvals", dependencies=[Depends(own_form)])
def approve_many(
    request: Request, visit: Approving, one: Annotated[list[str], Form()]
) -> Response:
    """Say yes to many; each is `RUN@CHECKSUM` as it was listed.

    One that cannot be approved does not hold up the others; the page tells which and why.
    """
    listed = [_as_listed(text) for text in one]
    held = undecided(listed, partial(_approved, request, visit))
    return answer_for_many(request, visit, "/approvals", "approved-many", held)


def _as_listed(text: str) -> tuple[str, str]:
    run_id, separator, checksum = text.rpartition("@")
    if not separator:
        raise HTTPException(422)
    return run_id, checksum


@router.post("/approvals/{run_id}", dependencies=[Depends(own_form)])
def approve(
    request: Request, visit: Approving, run_id: str, checksum: Annotated[str, Form()]
) -> Response:
    """Say yes to exactly the plan that was shown; 409 for one's own, late or decided."""
    following = _approved(request, visit, run_id, checksum)
    return RedirectResponse(f"/runs/{following}?done=approved", 303)


def _approved(request: Request, visit: Visit, run_id: str, checksum: str) -> str:
    portal = portal_of(request)
    approval = portal.store.approvals.get(run_id)
    if approval is None:
        raise HTTPException(404)
    if approval.checksum != checksum:
        raise StoreError(
            "This is not the plan that was shown.", remedy="Look at it again."
        )
    following = approved(portal.store, run_id, visit.viewer.address, portal.now())
    portal.nudge()
    return following

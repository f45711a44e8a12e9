"""Runs: the list, one run with its log, following it, cancelling it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse

from provisioner.portal.queries import runs
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, own_form, who_may
from provisioner.portal.words import RUN_STATES
from provisioner.service.parts import cancel as cancel_run
from provisioner.service.stream import (
    EVENT_STREAM,
    LAST_EVENT_ID,
    resume_after,
    run_events,
)
from provisioner.store import Store

router = APIRouter()
_LONGEST = 600.0  # seconds; then the browser asks anew, and is asked who it is
Looking = Annotated[Visit, Depends(who_may(May.RUNS))]


@router.get("/runs")
def listed(
    request: Request,
    visit: Looking,
    mode: str = "",
    status: str = "",
    before: str = "",
) -> Response:
    """The newest runs."""
    portal = portal_of(request)
    return page(
        request,
        "runs.html",
        visit=visit,
        found=runs.newest(portal.store, mode, status, before),
        wanted={"mode": mode, "status": status},
        statuses=RUN_STATES,
        took=runs.took,
    )


@router.get("/runs/{run_id}")
def one(request: Request, visit: Looking, run_id: str) -> Response:
    """One run: how it stands and why, its log, its plan, what became of each change."""
    portal = portal_of(request)
    story = runs.story(portal.store, cluster_of(request), run_id)
    if story is None:
        raise HTTPException(404)
    return page(request, "run.html", visit=visit, story=story, took=runs.took)


@router.post("/runs/{run_id}/cancel", dependencies=[Depends(own_form)])
def cancel(
    request: Request,
    visit: Annotated[Visit, Depends(who_may(May.OPERATE))],
    run_id: str,
) -> Response:
    """Ask it to stop, with its parts in other zones."""
    portal = portal_of(request)
    if portal.store.runs.get(run_id) is None:
        raise HTTPException(404)
    cancel_run(portal.store, run_id, visit.viewer.address, portal.now())
    return RedirectResponse(f"/runs/{run_id}?done=cancelled", 303)


@router.get("/runs/{run_id}/events")
def events(request: Request, visit: Looking, run_id: str, after: int = 0) -> Response:
    """The log as it grows, as server-sent events numbered as in the store."""
    portal = portal_of(request)
    if portal.store.runs.get(run_id) is None:
        raise HTTPException(404)
    begin = max(after, resume_after(request.headers.get(LAST_EVENT_ID, "")))
    return StreamingResponse(
        _for_a_while(portal.store, run_id, begin), media_type=EVENT_STREAM
    )


async def _for_a_while(store: Store, run_id: str, after: int) -> AsyncIterator[bytes]:
    """The events; whoever is signed out meanwhile is not told for ever."""
    ends = time.monotonic() + _LONGEST
    async with aclosing(run_events(store, run_id, after)) as events:
        async for part in events:
            yield part
            if time.monotonic() > ends:
                return

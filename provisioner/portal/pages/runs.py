"""Runs: the list, one run with its log, following it, cancelling it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from provisioner.portal.queries import runs
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, own_form, who_may
from provisioner.portal.words import RUN_STATES

router = APIRouter()
_LOOK = 0.5  # seconds
_LONGEST = 600.0  # seconds; then the browser asks anew from where it was
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
    story = runs.story(portal.store, portal.load(), run_id)
    if story is None:
        raise HTTPException(404)
    return page(request, "run.html", visit=visit, story=story, took=runs.took)


@router.post("/runs/{run_id}/cancel", dependencies=[Depends(own_form)])
def cancel(
    request: Request,
    visit: Annotated[Visit, Depends(who_may(May.OPERATE))],
    run_id: str,
) -> Response:
    """Ask it to stop."""
    portal = portal_of(request)
    if portal.store.runs.get(run_id) is None:
        raise HTTPException(404)
    runs.cancel(portal.store, visit.viewer, run_id)
    return RedirectResponse(f"/runs/{run_id}?done=cancelled", 303)


@router.get("/runs/{run_id}/events")
def events(request: Request, visit: Looking, run_id: str, after: int = 0) -> Response:
    """The log as it grows, as server-sent events numbered as in the store."""
    portal = portal_of(request)
    if portal.store.runs.get(run_id) is None:
        raise HTTPException(404)
    last = request.headers.get("last-event-id", "")
    begin = max(after, int(last)) if last.isdecimal() else after
    return StreamingResponse(
        _stream(request, run_id, begin), media_type="text/event-stream"
    )


async def _stream(request: Request, run_id: str, after: int) -> AsyncIterator[str]:
    store = portal_of(request).store
    ends = asyncio.get_running_loop().time() + _LONGEST
    while asyncio.get_running_loop().time() < ends:
        found, ended = await run_in_threadpool(runs.since, store, run_id, after)
        for event in found:
            told = {"number": event.number, "at": event.at, "text": event.text}
            yield f"id: {event.number}\ndata: {msgspec.json.encode(told).decode()}\n\n"
            after = event.number
        if ended:
            yield "event: end\ndata: \n\n"
            return
        if not found:
            yield ": \n\n"
        await asyncio.sleep(_LOOK)

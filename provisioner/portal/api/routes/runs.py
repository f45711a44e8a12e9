"""Runs: ordered, followed by their events, cancelled."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import Response

from provisioner.model.run import Run, RunStatus, Task
from provisioner.portal.api.calls import (
    CONFLICTS,
    MISSING,
    IdempotencyKey,
    IfNoneMatch,
    answer,
    caller,
)
from provisioner.portal.api.listing import Cursor, Limit, page, text_key
from provisioner.portal.api.plans import plans_of
from provisioner.portal.api.problems import Problem, Wrong, pointer
from provisioner.portal.api.shapes import runs as shapes
from provisioner.portal.queries import drift as differences
from provisioner.portal.queries import fleet, runs
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May, Viewer
from provisioner.service.parts import cancel

router = APIRouter(tags=["runs"])
Looking = Annotated[Viewer, caller(May.RUNS)]
Operating = Annotated[Viewer, caller(May.OPERATE)]


@router.get("/runs", response_model=shapes.RunPage)
def list_runs(
    request: Request,
    viewer: Looking,
    mode: Task | None = None,
    status: RunStatus | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Runs, newest first."""
    before = text_key(request, cursor)
    store = portal_of(request).store
    found = runs.newest(
        store, mode or "", status.value if status else "", before, limit
    )
    shown = [shapes.Run.model_validate(one) for one in found.runs]
    return page(request, shapes.RunPage, shown, (found.after,) if found.after else None)


@router.post(
    "/runs",
    response_model=shapes.RunStory,
    status_code=201,
    responses=MISSING | CONFLICTS,
)
def order_run(
    request: Request,
    viewer: Operating,
    order: Annotated[shapes.Order, Body()],
    key: IdempotencyKey = None,
) -> Response:
    """Order a look, a repair of some differences, or to adopt; a worker takes it soon."""
    if isinstance(order, shapes.Look):
        run_id = _look(request, viewer, order, key or "")
    elif isinstance(order, shapes.Adopt):
        run_id = _adopt(request, viewer, order, key or "")
    else:
        run_id = _repair(request, viewer, order, key or "")
    portal_of(request).nudge()
    there = f"{request.url.path}/{run_id}"
    return answer(_story(request, run_id), status=201, location=there)


def _look(request: Request, viewer: Viewer, order: shapes.Look, key: str) -> str:
    portal = portal_of(request)
    cluster, slugs = cluster_of(request), list(dict.fromkeys(order.municipalities))
    if any(fleet.owner_of(cluster, slug, viewer) is None for slug in slugs):
        raise Problem(404)
    return differences.look_again(portal.store, viewer, slugs, portal.now(), key)


def _repair(request: Request, viewer: Viewer, order: shapes.Repair, key: str) -> str:
    portal = portal_of(request)
    items = []
    for one in dict.fromkeys(order.keys):
        item = differences.one(portal.store, viewer, one)
        if item is None:
            raise Problem(404)
        items.append(item)
    wrong = [
        Wrong("A run cannot set this right.", pointer=pointer("keys", number))
        for number, item in enumerate(items)
        if not differences.repairable(item)
    ]
    if wrong:
        raise Problem(422, "invalid", wrong=wrong)
    return differences.repair(portal.store, viewer, items, portal.now(), key)


def _adopt(request: Request, viewer: Viewer, order: shapes.Adopt, key: str) -> str:
    portal = portal_of(request)
    item = differences.one(portal.store, viewer, order.key)
    if item is None:
        raise Problem(404)
    owner = fleet.owner_of(cluster_of(request), item.municipality, viewer)
    way = differences.takeover(item, owner)
    if way is None or not way.ready:
        wrong = Wrong("The inventory does not want it.", pointer=pointer("key"))
        raise Problem(422, "invalid", wrong=[wrong])
    return differences.adopt(portal.store, viewer, item, portal.now(), key)


@router.get("/runs/{run_id}", response_model=shapes.RunStory)
def read_run(
    request: Request, run_id: str, viewer: Looking, if_none_match: IfNoneMatch = None
) -> Response:
    """One run: how it stands and why, its plans, what became of each change."""
    return answer(_story(request, run_id), if_none_match)


@router.get("/runs/{run_id}/events", response_model=shapes.EventPage)
def list_events(
    request: Request,
    run_id: str,
    viewer: Looking,
    after: Annotated[
        int, Query(ge=0, le=1 << 31, description="The number to go on from.")
    ] = 0,
    limit: Limit = 50,
) -> Response:
    """The log of a run, resumable by number."""
    # Asked before the events are read: what came after its end was there by then.
    ended = _run(request, run_id).status.is_final
    events = portal_of(request).store.runs.events(run_id, after)
    shown = [shapes.Event.model_validate(one) for one in events[:limit]]
    last = shown[-1].number if shown else after
    more = len(events) > limit
    found = shapes.EventPage(items=shown, after=last, ended=ended and not more)
    there = request.url.include_query_params(after=last)
    link = {"link": f'<{there.path}?{there.query}>; rel="next"'} if more else {}
    return Response(found.model_dump_json(), 200, link, "application/json")


@router.post(
    "/runs/{run_id}/cancel", response_model=shapes.RunStory, responses=CONFLICTS
)
def cancel_run(request: Request, run_id: str, viewer: Operating) -> Response:
    """Ask a run and its parts in other zones to stop; they finish the change in hand."""
    _run(request, run_id)
    portal = portal_of(request)
    cancel(portal.store, run_id, viewer.address, portal.now())
    return answer(_story(request, run_id))


def _run(request: Request, run_id: str) -> Run:
    run = portal_of(request).store.runs.get(run_id)
    if run is None:
        raise Problem(404)
    return run


def _story(request: Request, run_id: str) -> shapes.RunStory:
    portal = portal_of(request)
    story = runs.story(portal.store, cluster_of(request), run_id)
    if story is None:
        raise Problem(404)
    told = {
        **msgspec.structs.asdict(story.run),
        "reasons": story.reasons,
        "plans": plans_of(portal.store, run_id),
        "outcomes": story.outcomes,
        "unproven": [one.key for one in story.unproven],
        "approval": story.approval is not None,
    }
    return shapes.RunStory.model_validate(told)

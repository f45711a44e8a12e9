"""New requests: a form for each sort, looked through before it is sent."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from provisioner.errors import RequestInvalid, UploadRefused
from provisioner.model.municipality import Municipality
from provisioner.model.upload import Preview
from provisioner.model.wish import NewMailboxes, Wish
from provisioner.portal.pages.requests import asker_of
from provisioner.portal.queries import requests
from provisioner.portal.queries.fleet import owner_of
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, own_form, who_may

router = APIRouter()
_SORTS = ("person", "list", "shared", "change", "leaver")
Asking = Annotated[Visit, Depends(who_may(May.ASK))]


@router.get("/requests/new/{sort}")
def begin(
    request: Request,
    visit: Asking,
    sort: str,
    municipality: str = "",
    address: str = "",
) -> Response:
    """An empty form, or one filled in with a person's row."""
    if sort not in _SORTS:
        raise HTTPException(404)
    town = _town(request, visit, municipality)
    given: dict[str, str] = {"address": address} if address else {}
    person = requests.person_in(town, address)
    if person is not None and sort == "change":
        given = requests.fields_of(person)
    return _form(request, visit, sort, town, given, person=person)


@router.post("/requests/new/{sort}", dependencies=[Depends(own_form)])
async def look_or_send(request: Request, visit: Asking, sort: str) -> Response:
    """What was filled in: looked through, or sent where nothing is wrong."""
    if sort not in _SORTS:
        raise HTTPException(404)
    form = await request.form()
    file = form.get("file")
    data = await file.read() if isinstance(file, UploadFile) else b""
    named = getattr(file, "filename", "") or ""
    return await run_in_threadpool(
        _answer, request, visit, sort, _texts(form), named, data
    )


def _answer(
    request: Request,
    visit: Visit,
    sort: str,
    given: dict[str, str],
    named: str,
    data: bytes,
) -> Response:
    town = _town(request, visit, given.get("municipality", ""))
    if sort == "list" and data:
        return _looked_through(request, visit, town, named, data)
    person = requests.person_in(town, given.get("address", given.get("of", "")))
    if sort == "change":
        person = requests.person_in(town, given.get("of", ""))
    wish = _wish(sort, given, person)
    if wish is None:
        missing = [_NOBODY if sort in ("change", "leaver") else _NOTHING]
        return _form(request, visit, sort, town, given, faults=missing, status=422)
    try:
        start = requests.day_of(given.get("start", ""))
    except ValueError:
        raise HTTPException(422) from None
    if given.get("step") != "send":
        return _examined(request, visit, sort, town, given, wish, person)
    return _sent(request, visit, sort, town, given, wish, start, person)


_NOBODY = "There is nobody of this address in the municipality."
_NOTHING = "The request asks for nothing."


def _wish(sort: str, given: dict[str, str], person: Any) -> Wish | None:
    if sort == "person":
        return requests.person_wish(given)
    if sort == "shared":
        return requests.shared_wish(given)
    if sort == "list":
        try:
            return msgspec.json.decode(given.get("wish", ""), type=NewMailboxes)
        except msgspec.MsgspecError:
            return None
    if person is None:
        return None
    if sort == "change":
        return requests.change_wish(person, given)
    return requests.leaver_wish(person)


def _examined(
    request: Request,
    visit: Visit,
    sort: str,
    town: Municipality,
    given: dict[str, str],
    wish: Wish,
    person: Any,
) -> Response:
    """The form again with what is wrong in it, and the address that is proposed."""
    desk, asker = portal_of(request).desk, asker_of(request, visit)
    wish, faults = desk.examine(asker, town.slug, wish)
    if isinstance(wish, NewMailboxes) and sort == "person":
        (one,) = wish.people
        given = given | {"address": one.address, "display_name": one.display_name}
    said = [f"{one.what} {one.remedy}" for one in faults]
    return _form(
        request,
        visit,
        sort,
        town,
        given,
        faults=said,
        checked=not said,
        person=person,
        status=422 if said else 200,
    )


def _sent(
    request: Request,
    visit: Visit,
    sort: str,
    town: Municipality,
    given: dict[str, str],
    wish: Wish,
    start: date | None,
    person: Any,
) -> Response:
    desk, asker = portal_of(request).desk, asker_of(request, visit)
    key = given.get("key", "") or secrets.token_urlsafe(16)
    try:
        made = desk.submit(asker, town.slug, wish, key=key, start=start)
    except RequestInvalid as error:
        said = [f"{one.what} {one.remedy}" for one in error.faults]  # type: ignore[attr-defined]
        return _form(
            request, visit, sort, town, given, faults=said, person=person, status=422
        )
    return RedirectResponse(f"/requests/{made.id}?done=sent", 303)


def _looked_through(
    request: Request, visit: Visit, town: Municipality, named: str, data: bytes
) -> Response:
    """An uploaded list: what was understood, with a fault for each cell."""
    desk, asker = portal_of(request).desk, asker_of(request, visit)
    try:
        preview = desk.preview(asker, town.slug, named, data)
    except UploadRefused as error:
        return _form(request, visit, "list", town, {}, faults=[str(error)], status=422)
    wish = msgspec.json.encode(preview.wish).decode() if preview.is_right else ""
    status = 200 if preview.is_right else 422
    return _form(
        request, visit, "list", town, {"wish": wish}, preview=preview, status=status
    )


def _form(
    request: Request,
    visit: Visit,
    sort: str,
    town: Municipality,
    given: dict[str, str],
    *,
    faults: list[str] | None = None,
    checked: bool = False,
    preview: Preview | None = None,
    person: Any = None,
    status: int = 200,
) -> Response:
    portal = portal_of(request)
    cluster = portal.load()
    return page(
        request,
        f"ask-{sort}.html",
        status=status,
        visit=visit,
        town=town,
        towns=requests.towns_to_ask_for(cluster, visit.viewer),
        sort=sort,
        given=given,
        faults=faults or [],
        checked=checked,
        preview=preview,
        person=person,
        key=given.get("key") or secrets.token_urlsafe(16),
        cluster_roles=cluster.roles,
        seats=portal.desk.seats(asker_of(request, visit), town.slug),
        licenses=cluster.tenant(town.tenant).licenses,
    )


def _town(request: Request, visit: Visit, slug: str) -> Municipality:
    """The municipality asked for: the one named, or the first one of theirs."""
    cluster = portal_of(request).load()
    mine = requests.towns_to_ask_for(cluster, visit.viewer)
    if not slug and mine:
        return mine[0]
    town = owner_of(cluster, slug, visit.viewer)
    if town is None or not visit.viewer.acts_for(slug) or town.level == "cluster":
        raise HTTPException(404)
    return town


def _texts(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}

"""New requests: a form for each sort, looked through before it is sent."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from provisioner.errors import RequestInvalid, UploadRefused
from provisioner.model.municipality import Municipality
from provisioner.model.place import Fault
from provisioner.model.request import Request as Asked
from provisioner.model.upload import Preview
from provisioner.model.viewer import Viewer as Asker
from provisioner.model.wish import NewMailboxes, Wish
from provisioner.portal.pages.requests import asker_of
from provisioner.portal.queries import wishes
from provisioner.portal.queries.fleet import owner_of
from provisioner.portal.queries.requests import towns_to_ask_for
from provisioner.portal.rendering import page
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, own_form, who_may
from provisioner.portal.words import MISSING
from provisioner.service.request_rules import alike
from provisioner.service.requests import Desk

router = APIRouter()
Asking = Annotated[Visit, Depends(who_may(May.ASK))]
Said = tuple[str, str]
"""What is wrong, and what to do ("" where that is plain); in the engine's words."""
_NOBODY = "There is nobody of this address in the municipality."
_NO_SITE = "The municipality has no website of this name."
_NOTHING = "The request asks for nothing."
_MISSING = {"list": _NOTHING, "website": _NO_SITE}


@router.get("/requests/new/{sort}")
def begin(
    request: Request,
    visit: Asking,
    sort: str,
    municipality: str = "",
    of: str = "",
    address: str = "",
) -> Response:
    """An empty form, or one filled in with what the inventory says of somebody.

    `address` is that of what exists in the tenant and shall be written down.
    """
    given = {"municipality": municipality, "of": of, "address": address}
    form = _form(request, visit, sort, given)
    if form.about is not None:
        given = {**form.given, **wishes.fields_of(form.about)}
        form = replace(form, given=given)
    return form.shown()


@router.post("/requests/new/{sort}", dependencies=[Depends(own_form)])
async def look_or_send(request: Request, visit: Asking, sort: str) -> Response:
    """What was filled in: looked through, or sent where nothing is wrong."""
    sent = await request.form()
    given = {name: value for name, value in sent.items() if isinstance(value, str)}
    file = sent.get("file")
    data = await file.read() if isinstance(file, UploadFile) else b""
    named = getattr(file, "filename", "") or ""
    return await run_in_threadpool(_answer, request, visit, sort, given, named, data)


def _answer(
    request: Request,
    visit: Visit,
    sort: str,
    given: Mapping[str, str],
    named: str,
    data: bytes,
) -> Response:
    form = _form(request, visit, sort, given)
    if sort == "list" and data:
        return form.looked_through(named, data)
    try:
        form.start()
    except ValueError:
        return form.shown(lacks=[MISSING["start"]])
    typed = wishes.as_typed(given) if sort == "person" else given
    wish = wishes.wish_of(sort, typed, form.about)
    if wish is None:
        return form.shown(wrong=[(_MISSING.get(sort, _NOBODY), "")])
    if given.get("step") == "send":
        return form.sent(wish)
    return form.examined(wish)


@dataclass(frozen=True)
class Form:
    """One form: who asks, for which municipality, about whom, and what is filled in."""

    request: Request
    visit: Visit
    sort: str
    town: Municipality
    given: Mapping[str, str]
    about: wishes.About | None

    @property
    def desk(self) -> Desk:
        """Where it is put in."""
        return portal_of(self.request).desk

    @property
    def asker(self) -> Asker:
        """Who fills it in, as the desk knows people."""
        return asker_of(self.request, self.visit)

    def examined(self, wish: Wish, already: str = "") -> Response:
        """The form again with what is wrong in it, and the address that is proposed.

        `already` is the id of a request that was sent from this form before.
        """
        slug, start = self.town.slug, self.start()
        wish, faults = self.desk.examine(self.asker, slug, wish, start)
        form = self
        if isinstance(wish, NewMailboxes) and self.sort == "person":
            (one,) = wish.people
            proposed = wishes.proposed(wishes.as_typed(self.given), one)
            form = replace(self, given={**self.given, **proposed})
        checked = not faults and not already
        return form.shown(wrong=_said(faults), checked=checked, already=already)

    def sent(self, wish: Wish) -> Response:
        """To the request that it has become; the form again where something is wrong."""
        key = self.given.get("key") or secrets.token_urlsafe(16)
        twin = self.desk.store.requests.of_key(self.asker.name, key)
        if twin is not None and self._is_another(twin, wish):
            # Back in the browser, then something else: it may be meant as a second one.
            fresh = {**self.given, "key": secrets.token_urlsafe(16)}
            return replace(self, given=fresh).examined(wish, already=twin.id)
        try:
            made = self.desk.submit(
                self.asker, self.town.slug, wish, key=key, start=self.start()
            )
        except RequestInvalid as error:
            return self.shown(wrong=_said(error.faults))  # type: ignore[arg-type]
        return RedirectResponse(f"/requests/{made.id}?done=sent", 303)

    def _is_another(self, twin: Asked, wish: Wish) -> bool:
        """Whether this asks for something else than what was sent with its key."""
        same = twin.municipality == self.town.slug and alike(twin.wish, wish)
        return self.sort != "list" and not same

    def start(self) -> date | None:
        """The day from which on it holds. Raises `ValueError`."""
        text = self.given.get("start", "").strip()
        return date.fromisoformat(text) if text else None

    def looked_through(self, named: str, data: bytes) -> Response:
        """An uploaded list: what was understood, with a fault for each cell."""
        try:
            preview = self.desk.preview(self.asker, self.town.slug, named, data)
        except UploadRefused as error:
            return self.shown(wrong=[(error.message, error.remedy)])
        if not preview.is_right:
            return self.shown(preview=preview)
        wish = msgspec.json.encode(preview.wish).decode()
        return replace(self, given={"wish": wish}).shown(preview=preview)

    def shown(
        self,
        *,
        wrong: list[Said] | None = None,
        checked: bool = False,
        preview: Preview | None = None,
        already: str = "",
        lacks: Sequence[str] = (),
    ) -> Response:
        """The page; status 422 where something is wrong, 409 where it was sent already."""
        cluster = cluster_of(self.request)
        faulty = wrong or lacks or (preview is not None and not preview.is_right)
        return page(
            self.request,
            f"ask-{self.sort}.html",
            status=422 if faulty else 409 if already else 200,
            visit=self.visit,
            town=self.town,
            towns=towns_to_ask_for(cluster, self.visit.viewer),
            sort=self.sort,
            given=self.given,
            faults=wrong or [],
            lacks=lacks,
            checked=checked,
            already=already,
            preview=preview,
            about=self.about,
            key=self.given.get("key") or secrets.token_urlsafe(16),
            cluster_roles=cluster.roles,
            seats=self.desk.seats(self.asker, self.town.slug),
            licenses=cluster.tenant(self.town.tenant).licenses,
        )


def _form(request: Request, visit: Visit, sort: str, given: Mapping[str, str]) -> Form:
    """A form of one of the sorts, for a municipality of theirs. Raises 404."""
    if sort not in wishes.SORTS:
        raise HTTPException(404)
    town = _town(request, visit, given.get("municipality", ""))
    about = wishes.about(sort, town, given.get("of", ""))
    return Form(request, visit, sort, town, given, about)


def _town(request: Request, visit: Visit, slug: str) -> Municipality:
    """The municipality asked for: the one named, or the first one of theirs."""
    cluster = cluster_of(request)
    mine = towns_to_ask_for(cluster, visit.viewer)
    if not slug and mine:
        return mine[0]
    town = owner_of(cluster, slug, visit.viewer)
    if town is None or not visit.viewer.acts_for(slug) or town.level == "cluster":
        raise HTTPException(404)
    return town


def _said(faults: Iterable[Fault]) -> list[Said]:
    return [(one.what, one.remedy) for one in faults]

"""The hand-over of a first password: asked twice, shown once, on a sheet to print."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import Response

from provisioner.portal.pages.requests import asker_of
from provisioner.portal.rendering import page, part
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.viewer import May
from provisioner.portal.visit import Visit, own_form, who_may
from provisioner.store.secret_entries import SecretEntry

router = APIRouter()
Asking = Annotated[Visit, Depends(who_may(May.ASK))]
Key = Annotated[str, Form(max_length=100)]


@router.get("/requests/{request_id}/password/{address}")
def ask(request: Request, visit: Asking, request_id: str, address: str) -> Response:
    """Say that it is shown once; a link alone must not spend it."""
    return _page(request, visit, _entry(request, visit, request_id, address))


@router.post(
    "/requests/{request_id}/password/{address}", dependencies=[Depends(own_form)]
)
def show(
    request: Request, visit: Asking, request_id: str, address: str, key: Key = ""
) -> Response:
    """Show it, and forget it in the same moment.

    On a slow line a second click takes the place of the answer to the first. So the same
    form (its `key`) of the same session gets the same page again, for half a minute.
    """
    portal = portal_of(request)
    request.app.state.pace.secret(visit.viewer.subject)
    entry = _entry(request, visit, request_id, address)
    if entry is None:
        return _page(request, visit, None)
    asker = asker_of(request, visit)
    language = _language_of(request, entry, address)
    form = (visit.csrf, request_id, address, key or secrets.token_urlsafe(16))
    password = request.app.state.just_shown.once(
        form,
        lambda: portal.desk.password(asker, request_id, address, portal.secrets),
    )
    sheet = part("_sheet.html", language, address=address, password=password)
    return _page(request, visit, entry, sheet)


def _page(
    request: Request, visit: Visit, entry: SecretEntry | None, sheet: str = ""
) -> Response:
    """The page; status 409 and why while the mailbox does not answer (no `entry`)."""
    status = 200 if entry else 409
    shown = {"entry": entry, "sheet": sheet, **request.path_params}
    shown["key"] = secrets.token_urlsafe(16)
    return page(request, "password.html", status=status, visit=visit, **shown)


def _language_of(request: Request, entry: SecretEntry, address: str) -> str:
    """Of who is handed the sheet: not always that of who prints it."""
    town = cluster_of(request).municipality(entry.key.partition("/")[0])
    found = (one.language for one in town.people if one.address == address)
    return next(found, town.language)


def _entry(
    request: Request, visit: Visit, request_id: str, address: str
) -> SecretEntry | None:
    """The secret as it may be listed; None while its mailbox was not proven to answer.

    404 for who does not act for the municipality, and where there is no such secret.
    """
    desk, asker = portal_of(request).desk, asker_of(request, visit)
    found = desk.get(asker, request_id)
    if not visit.viewer.acts_for(found.municipality):
        raise HTTPException(404)
    if address not in desk.hand_over(asker, request_id, proven=False):
        raise HTTPException(404)
    return desk.hand_over(asker, request_id).get(address)

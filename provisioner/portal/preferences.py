"""Language and theme: what the person chose, else what the browser asks for."""

from __future__ import annotations

from typing import Annotated

from babel import negotiate_locale
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from provisioner.portal.safe_target import safe_target
from provisioner.portal.surroundings import portal_of
from provisioner.portal.visit import own_form
from provisioner.portal.words import THEMES
from provisioner.renderers.language import LANGUAGES

_YEAR = 365 * 24 * 3600
_FIRST = "he"

router = APIRouter()


def language_of(request: Request) -> str:
    """`he`, `ar` or `en`."""
    chosen = request.cookies.get("language", "")
    if chosen in LANGUAGES:
        return chosen
    asked = request.headers.get("accept-language", "")
    wanted = [one.partition(";")[0].strip() for one in asked.split(",")]
    return negotiate_locale(wanted, LANGUAGES, sep="-") or _FIRST


def theme_of(request: Request) -> str:
    """A key of `THEMES`."""
    chosen = request.cookies.get("theme", "")
    return chosen if chosen in THEMES else "auto"


@router.post("/preferences", dependencies=[Depends(own_form)])
def prefer(
    request: Request,
    language: Annotated[str, Form()] = "",
    theme: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
) -> Response:
    """Remember what was chosen for a year, and go back."""
    response = RedirectResponse(safe_target(next), 303)
    for name, value, known in (
        ("language", language, LANGUAGES),
        ("theme", theme, tuple(THEMES)),
    ):
        if value in known:
            response.set_cookie(
                name,
                value,
                max_age=_YEAR,
                path="/",
                secure=portal_of(request).secure,
                httponly=True,
                samesite="lax",
            )
    return response

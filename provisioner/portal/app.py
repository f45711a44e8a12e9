"""The portal as one ASGI app."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from provisioner.portal import preferences, sign_in
from provisioner.portal.front_door import (
    App,
    FrontDoor,
    Message,
    Receive,
    Send,
    is_api,
)
from provisioner.portal.just_shown import JustShown
from provisioner.portal.on_demand import OnDemand
from provisioner.portal.pace import Pace
from provisioner.portal.pages import PAGES
from provisioner.portal.problems import answer_problems
from provisioner.portal.rendering import STATIC
from provisioner.portal.surroundings import Portal

ROUTERS = (sign_in.router, preferences.router, *PAGES)


def build_app(portal: Portal, pace: Pace | None = None) -> App:
    """The app that serves this portal, behind its front door."""
    app = FastAPI(
        title="provisioner",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.portal = portal
    app.state.tenant = sign_in.client_of(portal.identity)
    app.state.pace = pace or Pace()
    app.state.just_shown = JustShown()
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", _Assets(directory=STATIC))
    answer_problems(app)

    def make_api() -> App:
        from provisioner.portal.api.app import build_api
        from provisioner.portal.api.gate import Gate

        return Gate(build_api(portal), portal, app.state.tenant, app.state.pace)

    return FrontDoor(_Fork(app, OnDemand(make_api)), portal.url)


class _Fork:
    """Programs go to the API, everybody else to the pages."""

    def __init__(self, pages: App, api: App) -> None:
        self._pages = pages
        self._api = api

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        way = self._api if is_api(scope["path"]) else self._pages
        await way(scope, receive, send)


class _Assets(StaticFiles):
    """Static files; their addresses change with them, so a browser may keep them."""

    def file_response(self, *args: object, **given: object) -> object:  # type: ignore[override]
        response = super().file_response(*args, **given)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response

"""The API as one ASGI app; who calls is known before it gets here (`gate`)."""

from __future__ import annotations

import threading

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response

from provisioner.portal.api.problems import answer_problems
from provisioner.portal.api.routes import ROUTERS
from provisioner.portal.surroundings import Portal

PREFIX = "/api/v1"


_about = APIRouter()
_ALL = (_about, *ROUTERS)


def build_api(portal: Portal | None) -> FastAPI:
    """The app; without a portal it can only be described."""
    app = FastAPI(
        title="provisioner",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.portal = portal
    app.state.describing = threading.Lock()
    app.state.prefix = PREFIX
    app.state.routes = [one for router in _ALL for one in router.routes]
    for router in _ALL:
        app.include_router(router, prefix=PREFIX)
    answer_problems(app)
    return app


@_about.get("/openapi.json", include_in_schema=False)
def _described(request: Request) -> Response:
    """The description, made when it is first asked for."""
    from provisioner.portal.api.document import text_of

    with request.app.state.describing:
        text = text_of(request.app)
    return Response(text, media_type="application/json")

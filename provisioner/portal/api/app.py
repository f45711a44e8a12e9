"""The API as one ASGI app; who calls is known before it gets here (`entry`)."""

from __future__ import annotations

import threading

from fastapi import FastAPI, Request
from fastapi.responses import Response

from provisioner.portal.api.problems import answer_problems
from provisioner.portal.api.routes import ROUTERS
from provisioner.portal.surroundings import Portal

PREFIX = "/api/v1"


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
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    app.add_api_route(
        f"{PREFIX}/openapi.json", _described, include_in_schema=False, methods=["GET"]
    )
    answer_problems(app)
    return app


def _described(request: Request) -> Response:
    """The description, made when it is first asked for."""
    from provisioner.portal.api.document import text_of

    with request.app.state.describing:
        text = text_of(request.app)
    return Response(text, media_type="application/json")

"""Before any route of the API: which application calls, and how often."""

from __future__ import annotations

from typing import Any

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool

from provisioner.errors import ProvisionerError
from provisioner.portal.api.problems import Problem
from provisioner.portal.api.tokens import KeysAway, TokenRefused, Tokens
from provisioner.portal.front_door import App, Message, Receive, Send
from provisioner.portal.pace import Pace
from provisioner.portal.surroundings import Portal
from provisioner.portal.viewer import Viewer, viewer_of

_OPEN = "/api/v1/openapi.json"
"""What everybody may read: the description of the API."""
_CHALLENGE = 'Bearer realm="provisioner"'


class Gate:
    """Lets in who has a good token; sessions and cookies mean nothing here.

    It stands before the routes, so that none of them can forget it, and before the body is
    read.
    """

    def __init__(self, app: App, portal: Portal, tenant: Any, pace: Pace) -> None:
        self._app = app
        self._portal = portal
        self._pace = pace
        self._tokens = Tokens(tenant, portal.identity)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["path"] != _OPEN:
            try:
                viewer = await self._viewer(Request(scope))
                if "\0" in scope["path"] or b"%00" in scope["query_string"]:
                    raise Problem(422, "invalid", "No address has a NUL in it.")
            except Problem as problem:
                await problem.response()(scope, receive, send)
                return
            scope["state"]["viewer"] = viewer
        await self._app(scope, receive, send)

    async def _viewer(self, request: Request) -> Viewer:
        """Who calls. Raises `Problem`: 401 without a good token, 429, 503."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise Problem(401, headers={"www-authenticate": _CHALLENGE})
        try:
            person = await self._tokens.person(token.strip())
            self._pace.call(person.subject)
            cluster = await run_in_threadpool(self._portal.load)
        except TokenRefused as error:
            raise self._refused(request, str(error)) from None
        except KeysAway:
            detail = "The tenant that signs tokens does not answer."
            raise Problem(503, "away", detail) from None
        except HTTPException as error:
            raise Problem(error.status_code, headers=error.headers) from None
        except ProvisionerError as error:
            raise Problem(503, "inventory", str(error)) from None
        request.state.cluster = cluster  # looked at once: see `cluster_of`
        return viewer_of(person, cluster)

    def _refused(self, request: Request, why: str) -> Problem:
        try:
            self._pace.bad_token(request.client.host if request.client else "")
        except HTTPException as error:
            return Problem(error.status_code, headers=error.headers)
        said = why.replace('"', "'")
        challenge = f'{_CHALLENGE}, error="invalid_token", error_description="{said}"'
        return Problem(401, "token", why, headers={"www-authenticate": challenge})

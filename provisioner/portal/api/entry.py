"""The door of the API: who calls is known before anything is read, and the API is made.

It is made when it is first called: a service whose API nobody uses never pays for it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool

from provisioner.errors import ProvisionerError
from provisioner.portal.front_door import App, Message, Receive, Send
from provisioner.portal.pace import Pace
from provisioner.portal.surroundings import Portal
from provisioner.portal.viewer import viewer_of

if TYPE_CHECKING:
    from provisioner.portal.api.problems import Problem
    from provisioner.portal.api.tokens import Tokens
    from provisioner.portal.viewer import Viewer

OPEN = "/api/v1/openapi.json"
"""What everybody may read: the description of the API."""
_CHALLENGE = 'Bearer realm="provisioner"'


class Entry:
    """An ASGI app; sessions and cookies mean nothing here, only tokens do."""

    def __init__(self, portal: Portal, tenant: Any, pace: Pace) -> None:
        self._portal = portal
        self._tenant = tenant
        self._pace = pace
        self._making = threading.Lock()
        self._made: tuple[App, Tokens] | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        made = self._made
        if made is None:
            made = await run_in_threadpool(self._make)
        app, tokens = made
        from provisioner.portal.api.problems import Problem

        if scope["path"] != OPEN:
            try:
                viewer = await self._viewer(Request(scope), tokens)
                if "\0" in scope["path"] or b"%00" in scope["query_string"]:
                    raise Problem(422, "invalid", "No address has a NUL in it.")
            except Problem as problem:
                await problem.response()(scope, receive, send)
                return
            scope.setdefault("state", {})["viewer"] = viewer
        await app(scope, receive, send)

    def _make(self) -> tuple[App, Tokens]:
        from provisioner.portal.api.app import build_api
        from provisioner.portal.api.tokens import Tokens

        with self._making:
            if self._made is None:
                tokens = Tokens(self._tenant, self._portal.identity)
                self._made = build_api(self._portal), tokens
        return self._made

    async def _viewer(self, request: Request, tokens: Tokens) -> Viewer:
        """Who calls. Raises `Problem`: 401 without a good token, 429, 503."""
        from provisioner.portal.api.problems import Problem
        from provisioner.portal.api.tokens import KeysAway, TokenRefused

        try:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer":
                raise Problem(401, headers={"www-authenticate": _CHALLENGE})
            person = await tokens.person(token.strip())
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
        return viewer_of(person, cluster)

    def _refused(self, request: Request, why: str) -> Problem:
        from provisioner.portal.api.problems import Problem

        try:
            self._pace.bad_token(request.client.host if request.client else "")
        except HTTPException as error:
            return Problem(error.status_code, headers=error.headers)
        said = why.replace('"', "'")
        challenge = f'{_CHALLENGE}, error="invalid_token", error_description="{said}"'
        return Problem(401, "token", why, headers={"www-authenticate": challenge})

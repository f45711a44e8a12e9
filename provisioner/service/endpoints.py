"""`/healthz`, `/readyz`, `/metrics`: what machines ask the service, as one ASGI app.

`/api/v1/runs/ID/events` follows a run, and answers callers on this machine alone: here
nobody signs in.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from provisioner.errors import ProvisionerError
from provisioner.service.stream import EVENT_STREAM, LAST_EVENT_ID, resume_after

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Follow = Callable[[str, int], AsyncGenerator[bytes, None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
_JSON = "application/json"
_EVENTS = re.compile(r"/api/v1/runs/([A-Za-z0-9-]{1,64})/events")
_HERE = ("127.0.0.1", "::1")
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Endpoints:
    """The app. `alive` says what has died ("" for nothing), `ready` raises what is wrong.

    `events` follows a run by its id, after an event's number; it raises `StoreError`
    before its first word for a run that is not known. Without `pages`, which know who
    asks, it answers this machine alone.

    Each question is answered in a thread: the store may keep it waiting. What is none of
    them goes to `pages`, where there are some.
    """

    alive: Callable[[], str]
    ready: Callable[[], None]
    metrics: Callable[[], bytes]
    events: Follow | None = None
    pages: App | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        run = _EVENTS.fullmatch(scope["path"])
        follow = self.events if self.pages is None else None
        if run and follow and scope["method"] == "GET" and _is_from_here(scope):
            await self._follow(follow, run[1], scope, receive, send)
            return
        answers = {
            "/healthz": self._health,
            "/readyz": self._readiness,
            "/metrics": self._metrics,
        }
        answer = answers.get(scope["path"])
        if answer is None and self.pages is not None:
            await self.pages(scope, receive, send)
            return
        if answer is None:
            status, kind, body = 404, _JSON, b'{"error": "not found"}'
        elif scope["method"] not in ("GET", "HEAD"):
            status, kind, body = 405, _JSON, b'{"error": "only GET"}'
        else:
            status, kind, body = await asyncio.to_thread(answer)
        await _begin(send, status, kind)
        await send({"type": "http.response.body", "body": body})

    async def _follow(
        self, events: Follow, run_id: str, scope: Message, receive: Receive, send: Send
    ) -> None:
        stream = events(run_id, resume_after(_header(scope, LAST_EVENT_ID)))
        try:
            first = await anext(stream, b"")
        except ProvisionerError as error:
            status, kind, body = _told(404, {"error": str(error)})
            await _begin(send, status, kind)
            await send({"type": "http.response.body", "body": body})
            return
        await _begin(send, 200, EVENT_STREAM)
        gone = asyncio.ensure_future(_disconnected(receive))
        try:
            await _send_part(send, first)
            while (part := await _next_or_gone(stream, gone)) is not None:
                await _send_part(send, part)
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            await stream.aclose()

    def _health(self) -> tuple[int, str, bytes]:
        dead = self.alive()
        return _told(503 if dead else 200, {"alive": not dead, "dead": dead})

    def _readiness(self) -> tuple[int, str, bytes]:
        try:
            self.ready()
        except ProvisionerError as error:
            return _told(503, {"ready": False, "why": str(error)})
        return _told(200, {"ready": True})

    def _metrics(self) -> tuple[int, str, bytes]:
        try:
            return 200, _PROMETHEUS, self.metrics()
        except ProvisionerError as error:
            return _told(503, {"why": str(error)})


async def _begin(send: Send, status: int, kind: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def _send_part(send: Send, part: bytes) -> None:
    await send({"type": "http.response.body", "body": part, "more_body": True})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _next_or_gone(
    stream: AsyncGenerator[bytes, None], gone: asyncio.Future[None]
) -> bytes | None:
    """The next part; None at its end, or when nobody listens any more."""
    coming: asyncio.Future[bytes | None] = asyncio.ensure_future(anext(stream, None))
    both: set[asyncio.Future[Any]] = {coming, gone}
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    if coming.done():
        return coming.result()
    coming.cancel()
    await asyncio.gather(coming, return_exceptions=True)
    return None


def _header(scope: Message, name: str) -> str:
    found = (value for key, value in scope["headers"] if key == name.encode())
    return next(found, b"").decode("latin-1")


def _is_from_here(scope: Message) -> bool:
    """Whether the caller is on this machine, and meant it: no page of the web did."""
    client = (scope.get("client") or ("",))[0]
    named = _header(scope, "host").rpartition(":")[0] or _header(scope, "host")
    return client in _HERE and named.strip("[]") in (*_HERE, "localhost")


def _told(status: int, words: dict[str, object]) -> tuple[int, str, bytes]:
    return status, _JSON, json.dumps(words, ensure_ascii=False).encode()

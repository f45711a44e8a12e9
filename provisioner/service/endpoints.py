"""`/healthz`, `/readyz`, `/metrics`: what machines ask the service, as one ASGI app."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from provisioner.errors import ProvisionerError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
_JSON = "application/json"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Endpoints:
    """The app. `alive` says what has died ("" for nothing), `ready` raises what is wrong.

    Each question is answered in a thread: the store may keep it waiting. What is none of
    them goes to `pages`, where there are some.
    """

    alive: Callable[[], str]
    ready: Callable[[], None]
    metrics: Callable[[], bytes]
    pages: App | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
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
        headers = [(b"content-type", kind.encode()), (b"cache-control", b"no-store")]
        await send(
            {"type": "http.response.start", "status": status, "headers": headers}
        )
        await send({"type": "http.response.body", "body": body})

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


def _told(status: int, words: dict[str, object]) -> tuple[int, str, bytes]:
    return status, _JSON, json.dumps(words, ensure_ascii=False).encode()

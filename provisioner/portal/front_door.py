"""Before any page: the host that was asked for, and the headers of every answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import urlsplit

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not "no-referrer": browsers would then hide the Origin of our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
_LARGEST = 8 << 20
"""Bytes of one request; the largest is an uploaded list with its form."""
_TURNED_AWAY = {
    413: "This is too large, or has no length.",
    421: "This portal has another address.",
}
_FOR_EVER = "max-age=31536000; includeSubDomains"


def is_api(path: str) -> bool:
    """Whether a path is the API's: programs are answered there, not people."""
    return path == "/api" or path.startswith("/api/")


class FrontDoor:
    """Turns away who asks for another host, and puts the headers on every answer.

    Pages are never cached: the next person at a shared desk must not find them.
    """

    def __init__(self, app: App, url: str) -> None:
        self._app = app
        self._host = urlsplit(url).netloc.lower()
        headers = dict(_HEADERS)
        if url.startswith("https://"):
            headers["strict-transport-security"] = _FOR_EVER
        self._headers = [(k.encode(), v.encode()) for k, v in headers.items()]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if not self._ours(scope):
            await self._turned_away(scope, send, 421)
            return
        if not _bearable(scope):
            await self._turned_away(scope, send, 413)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                extra = [pair for pair in self._headers if pair[0] not in given]
                if b"cache-control" not in given:
                    extra.append((b"cache-control", b"no-store"))
                message = {**message, "headers": [*message["headers"], *extra]}
            await send(message)

        await self._app(scope, receive, dressed)

    def _ours(self, scope: Message) -> bool:
        asked = next((v for k, v in scope["headers"] if k == b"host"), b"")
        host = asked.decode("latin-1").lower()
        if self._host:
            return host == self._host
        # Without a name of its own only this machine: a foreign page cannot rebind us.
        return urlsplit(f"//{host}").hostname in _LOOPBACK

    async def _turned_away(self, scope: Message, send: Send, status: int) -> None:
        said, kind = _TURNED_AWAY[status], b"text/plain; charset=utf-8"
        body = f"{said}\n".encode()
        if status == 413:
            from provisioner.portal.too_large import too_large  # loads the catalogues

            kind, body = b"text/html; charset=utf-8", too_large().encode()
        if is_api(scope["path"]):
            kind = b"application/problem+json"
            told = {"type": "about:blank", "status": status, "detail": said}
            told["title"] = HTTPStatus(status).phrase
            body = json.dumps(told).encode()
        headers = [(b"content-type", kind), *self._headers]
        start = {"type": "http.response.start", "status": status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": body})


def _bearable(scope: Message) -> bool:
    """Whether what is sent says how much it is, and is not too much.

    What says nothing has no body (RFC 9112, section 6.3).
    """
    if scope["method"] in ("GET", "HEAD"):
        return True
    headers = dict(scope["headers"])
    length = headers.get(b"content-length", b"0")
    if b"transfer-encoding" in headers or not length.isdigit():
        return False
    return int(length) <= _LARGEST

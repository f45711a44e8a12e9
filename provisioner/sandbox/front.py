"""What stands in front of the tenant's application: the DNS host's admin endpoint.

`GET /_sandbox/dns` answers the whole zone; `POST` takes one `Order`. Both want the
tenant's admin key. Everything else passes through; what may have written is counted, so
that the keeper knows when there is something to keep.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Literal

import msgspec
from msgspec import Struct

from provisioner.sandbox.dns import refusal
from provisioner.sandbox.zones import Entry, Failure, Mode, Zones

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_PATH = "/_sandbox/dns"


class Order(Struct, frozen=True, forbid_unknown_fields=True):
    """One order to the DNS host.

    `set` publishes `values` by hand, `override` answers them instead of what is there
    (none: as if the record were gone), `fail` fails for `name` and all below it (`how`
    null: no longer), `mode` changes the host's diligence, `clear` takes overrides and
    failures away.
    """

    action: Literal["set", "override", "fail", "mode", "clear"]
    name: str = ""
    type: str = "TXT"
    values: tuple[str, ...] = ()
    how: Failure | None = None
    mode: Mode = "auto"


class Zone(Struct, frozen=True):
    """What the DNS host answers now, and how it was told to behave."""

    mode: Mode
    publish_delay: float
    apexes: list[str]
    records: list[Entry]
    failures: dict[str, Failure]


class Front:
    """An ASGI application around the tenant's own."""

    def __init__(self, application: Application, zones: Zones, admin_key: str) -> None:
        self._application = application
        self._zones = zones
        self._key = admin_key.encode()
        self.writes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == _PATH:
            await self._dns(scope, receive, send)
            return
        try:
            await self._application(scope, receive, send)
        finally:
            # Counted afterwards, and also when the answer was cut: what was written
            # before a count is never kept too early and then forgotten.
            if scope.get("method") not in ("GET", "HEAD", None) and not scope[
                "path"
            ].endswith("/token"):
                self.writes += 1

    async def _dns(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope["headers"]).get(b"x-sandbox-key", b"")
        if not hmac.compare_digest(given, self._key):
            await _reply(send, 401, {"error": "X-Sandbox-Key is missing or wrong."})
        elif scope["method"] == "GET":
            await _reply(send, 200, self._zone())
        elif scope["method"] == "POST":
            wrong = self._obey(await _body(receive))
            await _reply(send, 400 if wrong else 200, wrong or self._zone())
        else:
            await _reply(send, 405, {"error": "Use GET or POST."})

    def _zone(self) -> Zone:
        host = self._zones.host
        records = self._zones.entries()
        return Zone(
            host.mode, host.publish_delay, sorted(host.apexes), records, host.failures
        )

    def _obey(self, body: bytes) -> dict[str, str] | None:
        """Carry an order out; what is wrong with it where it cannot be."""
        try:
            order = msgspec.json.decode(body, type=Order)
        except msgspec.DecodeError as error:
            return {"error": str(error)}
        if problem := refusal(order.type.upper(), order.values):
            return {"error": problem}
        self.writes += 1
        match order.action:
            case "set":
                self._zones.set_by_hand(order.name, order.type, order.values)
            case "override":
                self._zones.override(order.name, order.type, order.values)
            case "fail":
                self._zones.fail(order.name, order.how)
            case "mode":
                self._zones.host.mode = order.mode
            case "clear":
                self._zones.mend()
        return None


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


async def _reply(send: Send, status: int, content: object) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": msgspec.json.encode(content)})

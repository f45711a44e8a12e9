"""The tenant as a raw ASGI application: bytes in, bytes out, one world behind it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from provisioner.sandbox.tenant.admin import administer
from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.exchange import Exchange
from provisioner.sandbox.tenant.pipeline import Pipeline, ResolveTxt, Validate
from provisioner.sandbox.tenant.target import options_of, split_path
from provisioner.sandbox.tenant.world import World

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

# In how many pieces before the last a slow body comes.
_DROPS = 8


def build_app(
    world: World, *, resolve_txt: ResolveTxt, validate: Validate | None = None
) -> App:
    """The application that serves `world`.

    `resolve_txt(name)` gives the TXT strings of a name, empty when there are none; it is
    called at domain verification, on the event loop, so it must not wait for anything
    that this loop serves. `validate(method, path, status, body)`
    gives the faults of an answer against the vendor's schema: every answer under `/v1.0`
    goes through it, those inside `$batch` too, and one with faults becomes a 500.
    """
    pipeline = Pipeline(world, resolve_txt, validate)
    exchange = Exchange(world)

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            body = await _read(receive)
            await _send(send, await _answer(world, pipeline, exchange, scope, body))

    return app


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _read(receive: Receive) -> bytes:
    message = await receive()
    if not message.get("more_body"):
        return bytes(message.get("body", b""))
    parts = [message.get("body", b"")]
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)


async def _answer(
    world: World, pipeline: Pipeline, exchange: Exchange, scope: Message, body: bytes
) -> Answer:
    headers = {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in scope["headers"]
    }
    segments = split_path(scope["raw_path"].decode("latin-1"))
    options = options_of(scope["query_string"].decode("latin-1"))
    method = scope["method"]
    if segments[:1] == ("_sandbox",):
        key = headers.get("x-sandbox-key", "")
        return administer(world, method, segments[1:], options, key, body)
    call = Call(
        method=method,
        path="/" + "/".join(segments),
        segments=segments,
        options=options,
        headers=headers,
        body=body,
        origin=f"{scope['scheme']}://{headers.get('host', '127.0.0.1')}",
        world=world,
        now=world.clock.now(),
        request_id=str(uuid.uuid4()),
    )
    if segments[:1] == ("adminapi",):
        return await exchange.answer(call)
    return await pipeline.answer(call)


async def _send(send: Send, answer: Answer) -> None:
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in answer.headers.items()
    ]
    status, body = answer.status, answer.body
    if answer.sent < 1.0:
        # A body must be promised for its absence to be noticed.
        status, body = (200, b" ") if not body else (status, body)
    headers.append((b"content-length", str(len(body)).encode()))
    if body:
        headers.append((b"content-type", answer.content_type.encode("latin-1")))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    # Less than was promised and more announced: the server closes the connection.
    part = body[: int(len(body) * answer.sent)]
    if answer.drip:
        part = await _drip(send, part, answer.drip)
    message = {"type": "http.response.body", "body": part}
    await send({**message, "more_body": answer.sent < 1.0})


async def _drip(send: Send, body: bytes, seconds: float) -> bytes:
    """Send most of a body over some seconds; what is left of it, for the end."""
    size = len(body) // (_DROPS + 1) or 1
    for _ in range(_DROPS):
        drop, body = body[:size], body[size:]
        await send({"type": "http.response.body", "body": drop, "more_body": True})
        await asyncio.sleep(seconds / _DROPS)
    return body

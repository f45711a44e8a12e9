"""`POST /$batch`: up to twenty requests in one, each answered on its own."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.refusal import Refusal
from provisioner.sandbox.tenant.target import split_url

LARGEST_BATCH = 20
Answering: TypeAlias = Callable[[Call], Awaitable[Answer]]


class _Item(Struct, rename="camel"):
    id: str
    method: str
    url: str
    headers: dict[str, str] = {}
    body: Raw | UnsetType = UNSET
    depends_on: list[str] | None = None


class _Batch(Struct):
    requests: list[_Item]


def read_batch(call: Call) -> dict[str, _Item]:
    """The items by their id in lower case; refuses what the service refuses whole."""
    try:
        items = msgspec.json.decode(call.body, type=_Batch).requests
    except msgspec.MsgspecError:
        raise Refusal(400, "BadRequest", "Invalid batch payload format.") from None
    if len(items) > LARGEST_BATCH:
        raise Refusal(
            400,
            "BadRequest",
            f"Number of batch request steps exceeds the maximum value of {LARGEST_BATCH}.",
        )
    named = {item.id.lower(): item for item in items}
    if not items or len(named) < len(items):
        raise Refusal(400, "BadRequest", "Request ids in a batch must be unique.")
    for item in items:
        if not set(map(str.lower, item.depends_on or ())) <= named.keys():
            raise Refusal(
                400, "BadRequest", f"Request '{item.id}' depends on no request."
            )
    return named


async def run_batch(call: Call, answer: Answering) -> Answer:
    """All items, dependencies first; the answers come in another order than the items.

    One of them that is cut off cuts off the whole answer.
    """
    items = read_batch(call)
    done: dict[str, Answer] = {}
    waiting = list(items)
    while waiting:
        ready = [
            name
            for name in waiting
            if all(needed.lower() in done for needed in items[name].depends_on or ())
        ]
        if not ready:
            raise Refusal(
                400, "BadRequest", "The requests depend on each other in a ring."
            )
        for name in ready:
            waiting.remove(name)
            needed = [done[one.lower()] for one in items[name].depends_on or ()]
            if any(one.status >= 400 for one in needed):
                done[name] = _failed_dependency(call)
            else:
                done[name] = await _run(call, items[name], answer)
    rows = [_row(items[name], done[name]) for name in reversed(done)]
    sent = min(one.sent for one in done.values())
    drip = max(one.drip for one in done.values())
    body = b'{"responses":[' + b",".join(rows) + b"]}"
    return Answer(200, body, sent=sent, drip=drip)


async def _run(outer: Call, item: _Item, answer: Answering) -> Answer:
    segments, options = split_url(item.url)
    headers = {name.lower(): value for name, value in item.headers.items()}
    body = b"" if item.body is UNSET else bytes(item.body)
    body = b"" if body == b"null" else body
    call = Call(
        method=item.method.upper(),
        path="/" + "/".join(segments),
        segments=segments,
        options=options,
        headers=headers,
        body=body,
        origin=outer.origin,
        world=outer.world,
        now=outer.now,
        request_id=str(uuid.uuid4()),
        signed_in=outer.signed_in,
        caller=outer.caller,
        actor=outer.actor,
        batched=True,
    )
    if body and "json" not in headers.get("content-type", ""):
        refusal = Refusal(
            400, "BadRequest", "A request with a body needs a Content-Type header."
        )
        return Answer(
            400, refusal.body(call.now, call.request_id, call.client_request_id)
        )
    return await answer(call)


def _failed_dependency(call: Call) -> Answer:
    refusal = Refusal(
        424, "FailedDependency", "A request that this one depends on has failed."
    )
    return Answer(424, refusal.body(call.now, call.request_id, call.client_request_id))


def _row(item: _Item, answer: Answer) -> bytes:
    headers = {**answer.headers}
    if answer.body:
        headers["Content-Type"] = answer.content_type
    start = msgspec.json.encode(
        {"id": item.id, "status": answer.status, "headers": headers}
    )
    if not answer.body:
        return start
    is_json = answer.content_type.startswith("application/json")
    body = answer.body if is_json else msgspec.json.encode(answer.body.decode())
    return start[:-1] + b',"body":' + body + b"}"

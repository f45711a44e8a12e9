"""Many calls in few requests: Graph's `$batch`, twenty to a request.

Source of the rules: "Combine multiple HTTP requests using JSON batching", Microsoft
Graph. Each inner call is throttled and fails by itself; answers come in any order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Any

import msgspec
from msgspec import Raw, Struct

from provisioner.errors import PermanentProviderError, TransientProviderError
from provisioner.providers.graph.calls import Call, Reply
from provisioner.providers.graph.chains import Chain, chained, take
from provisioner.providers.graph.faults import unreadable
from provisioner.providers.graph.judge import InnerAnswer, Verdict, judge
from provisioner.providers.graph.sender import Sender

__all__ = ["Call", "Reply", "batch"]

_WHERE = "POST /$batch"
_SHARE = "x-ms-throttle-limit-percentage"
_encode = msgspec.json.Encoder().encode


class _Response(Struct, frozen=True):
    id: str
    status: int
    headers: dict[str, str] | None = None
    body: Raw = Raw()


class _Responses(Struct, frozen=True):
    responses: list[_Response]


_decode = msgspec.json.Decoder(_Responses).decode


async def batch(sender: Sender, calls: Iterable[Call]) -> AsyncIterator[Reply]:
    """Send `calls`, several requests in flight; one `Reply` each, as they come.

    Throttled and failed calls go again until patience ends. A create of unknown fate
    does not: its reply is `ambiguous`. Failures are replies; only faults in `calls`
    themselves raise (`ValueError`).
    """
    pending = deque(chained(calls))
    limiter = sender.limiter
    running: set[asyncio.Task[Verdict]] = set()
    try:
        while pending or running:
            while pending and len(running) < limiter.concurrency:
                chunk = take(pending, limiter.writes_per_window)
                running.add(asyncio.create_task(_send(sender, chunk)))
            done, running = await asyncio.wait(
                running, return_when=asyncio.FIRST_COMPLETED
            )
            for verdict in [task.result() for task in done]:
                delay = _delay(sender, verdict)
                if delay and verdict.again:
                    late = _send(sender, verdict.again, delay)
                    running.add(asyncio.create_task(late))
                else:
                    pending.extend(verdict.again)
                for reply in verdict.replies:
                    yield reply
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


def _delay(sender: Sender, verdict: Verdict) -> float:
    """Seconds the repeated calls alone must wait; a wait asked for is the limiter's."""
    return max(
        (
            sender.limiter.slow_down(error, attempt.patience)
            for error, attempt in verdict.reasons
        ),
        default=0.0,
    )


async def _send(sender: Sender, chunk: list[Chain], delay: float = 0.0) -> Verdict:
    if delay:
        await asyncio.sleep(delay)
    calls = [attempt.call for chain in chunk for attempt in chain]
    writes = sum(call.writes for call in calls)
    try:
        answer = await sender.once("POST", "/$batch", _envelope(calls), writes=writes)
        answers = _opened(calls, answer.body)
    except TransientProviderError as error:
        return judge(chunk, {}, error)
    except PermanentProviderError as error:
        status = error.status or 0
        return Verdict([Reply(call.id, status, error=error) for call in calls])
    for one in answers.values():
        if _SHARE in one.headers:
            sender.limiter.observe(one.headers)
    lost = TransientProviderError(f"{_WHERE}: one call got no answer.", ambiguous=True)
    return judge(chunk, answers, lost)


def _envelope(calls: list[Call]) -> bytes:
    """The request body; ids on the wire are positions, ours may differ by case only."""
    positions = {call.id: str(number) for number, call in enumerate(calls)}
    return _encode({"requests": [_request(call, positions) for call in calls]})


def _request(call: Call, positions: dict[str, str]) -> dict[str, Any]:
    request: dict[str, Any] = {
        "id": positions[call.id],
        "method": call.method,
        "url": call.url,
    }
    if call.body is not None:
        request |= {"headers": {"Content-Type": "application/json"}, "body": call.body}
    parents = [positions[name] for name in call.depends_on if name in positions]
    return request | ({"dependsOn": parents} if parents else {})


def _opened(calls: list[Call], body: bytes) -> dict[str, InnerAnswer]:
    """The inner answers by call id; of two answers to one call the first counts."""
    try:
        responses = _decode(body).responses
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(_WHERE, error) from error
    names = {str(number): call.id for number, call in enumerate(calls)}
    answers: dict[str, InnerAnswer] = {}
    for one in responses:
        if one.id in names:
            headers = {k.lower(): v for k, v in (one.headers or {}).items()}
            answer = InnerAnswer(one.status, headers, one.body)
            answers.setdefault(names[one.id], answer)
    return answers

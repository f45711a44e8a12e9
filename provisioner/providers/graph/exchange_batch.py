"""One request of up to ten Exchange commands, and what each of its answers means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from msgspec import Raw, Struct

from provisioner.errors import ProviderError, TransientProviderError
from provisioner.providers.graph.exchange_command import Command, envelope
from provisioner.providers.graph.exchange_faults import command_fault, explained
from provisioner.providers.graph.faults import unreadable
from provisioner.providers.graph.limiter import Patience
from provisioner.providers.graph.sender import Sender

_WHERE = "POST /$batch of Exchange"
_PREFER = "odata.maxpagesize = 1000;odata.continue-on-error"
_encode = msgspec.json.Encoder().encode


@dataclass
class Attempt:
    """A command on its way; `refused` once its token was.

    A token may run out between the batch and one of its commands: the next batch is then
    refused as a whole, which renews it.
    """

    command: Command
    patience: Patience = field(default_factory=Patience)
    refused: bool = False


@dataclass
class Round:
    """What one request brought: bodies and errors, what goes again, and after how long."""

    answers: list[tuple[Attempt, Raw | ProviderError]] = field(default_factory=list)
    again: list[Attempt] = field(default_factory=list)
    delay: float = 0.0


class _Response(Struct, frozen=True):
    id: str
    status: int
    headers: dict[str, str] | None = None
    body: Raw = Raw()


class _Responses(Struct, frozen=True):
    responses: list[_Response]


_decode = msgspec.json.Decoder(_Responses).decode


async def send_round(
    sender: Sender, chunk: Sequence[Attempt], headers: Mapping[str, str]
) -> Round:
    """Send `chunk` once and judge it; never raises for what the service answers."""
    lost: ProviderError = TransientProviderError(
        f"{_WHERE}: one command got no answer.", ambiguous=True
    )
    answers: dict[str, _Response] = {}
    try:
        body = _encode({"requests": _requests(sender, chunk, headers)})
        answer = await sender.once(
            "POST", "/$batch", body, headers=headers, commands=_write(chunk)
        )
        answers = {one.id: one for one in _opened(answer.body)}
    except ProviderError as error:
        lost = explained(error)
    found = Round()
    for number, attempt in enumerate(chunk):
        _judge(found, attempt, answers.get(str(number)), lost, sender)
    return found


def _write(chunk: Sequence[Attempt]) -> bool:
    return any(not one.command.name.startswith("Get-") for one in chunk)


def _requests(
    sender: Sender, chunk: Sequence[Attempt], headers: Mapping[str, str]
) -> list[dict[str, Any]]:
    url = sender.absolute("/InvokeCommand?")
    return [
        {
            "id": str(number),
            "url": url,
            "method": "POST",
            "headers": {
                **headers,
                "X-CmdletName": one.command.name,
                "Prefer": _PREFER,
                "Content-Type": "application/json; charset=utf-8",
            },
            "body": envelope(one.command),
        }
        for number, one in enumerate(chunk)
    ]


def _opened(body: bytes) -> list[_Response]:
    try:
        return _decode(body).responses
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(_WHERE, error) from error


def _judge(
    found: Round,
    attempt: Attempt,
    answer: _Response | None,
    lost: ProviderError,
    sender: Sender,
) -> None:
    if answer is not None and answer.status < 400:
        found.answers.append((attempt, answer.body))
        return
    if answer is not None and answer.status == 401 and not attempt.refused:
        attempt.refused = True
        found.again.append(attempt)
        return
    error = lost if answer is None else _error(attempt.command, answer)
    if not isinstance(error, TransientProviderError) or attempt.patience.lost(error):
        found.answers.append((attempt, error))
        return
    delay = sender.limiter.slow_down(error, attempt.patience)
    if error.ambiguous and attempt.command.creates:
        found.answers.append((attempt, error))
        return
    found.again.append(attempt)
    found.delay = max(found.delay, delay)


def _error(command: Command, answer: _Response) -> ProviderError:
    headers = {name.lower(): value for name, value in (answer.headers or {}).items()}
    return command_fault(command.name, answer.status, headers, answer.body)

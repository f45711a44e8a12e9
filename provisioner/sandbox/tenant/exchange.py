"""Exchange's command interface, `/adminapi/beta/{tenant}/InvokeCommand` and its `$batch`.

The vendor does not document it; source: what its own PowerShell module and public
clients send. Rules of `Faults` see the path with the command behind it:
`/adminapi/beta/…/InvokeCommand/New-Mailbox`.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.exchange_commands import check_parameters, command
from provisioner.sandbox.tenant.exchange_errors import CommandRefused
from provisioner.sandbox.tenant.exchange_invocation import Invocation, Shown
from provisioner.sandbox.tenant.faults import Rule
from provisioner.sandbox.tenant.mailbox_life import settle
from provisioner.sandbox.tenant.quota import Bucket
from provisioner.sandbox.tenant.tokens import EXCHANGE
from provisioner.sandbox.tenant.world import World

LARGEST_BATCH = 10
# The vendor publishes no figure for commands; of this size its budgets are felt to be.
COMMANDS, COMMAND_WINDOW = 900.0, 60.0
_JSON = "application/json; charset=utf-8"
_PAGE = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)")
_LARGEST_PAGE = 1000
_ANCHOR = re.compile(r"(?:APP|UPN):.+@.+", re.IGNORECASE)


class _Input(Struct, rename={"name": "CmdletName", "parameters": "Parameters"}):
    name: str
    parameters: dict[str, Any] = {}


class _Command(Struct, rename={"input": "CmdletInput"}):
    input: _Input


class _Item(Struct):
    id: str
    url: str
    method: str
    headers: dict[str, str]
    body: msgspec.Raw


class _Batch(Struct):
    requests: list[_Item]


class Exchange:
    """Answers commands for all tenants of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._budgets: dict[str, Bucket] = {}

    async def answer(self, call: Call) -> Answer:
        """The answer to one request; refusals are answers too."""
        try:
            return await self._routed(call)
        except CommandRefused as error:
            return Answer(error.status, error.body(), error.headers, _JSON)

    async def _routed(self, call: Call) -> Answer:
        last = call.segments[-1].lower()
        if len(call.segments) != 4 or last not in ("invokecommand", "$batch"):
            raise CommandRefused(404, "NotFound", "Resource not found.")
        if call.method != "POST":
            raise CommandRefused(405, "MethodNotAllowed", "Only POST is allowed.")
        if last == "invokecommand":
            return await self._single(call)
        self._world.log.calls["POST /adminapi/$batch"] += 1
        rule = self._world.faults.strike("POST", call.path)
        early = await _struck(rule)
        if early is not None:
            return early
        self._sign_in(call)
        return _sent(await self._batch(call), rule)

    async def _single(self, call: Call) -> Answer:
        given = _read(call.body, _Command).input
        log = self._world.log
        key = f"POST /adminapi/InvokeCommand/{given.name}"
        (log.batched if call.batched else log.calls)[key] += 1
        rule = self._world.faults.strike("POST", f"{call.path}/{given.name}")
        early = await _struck(rule)
        if early is not None:
            return early
        self._sign_in(call)
        self._charge(call)
        answer = self._run(call, given)
        if rule is not None and rule.action == "unavailable_after_commit":
            raise _unavailable(rule)
        return _sent(answer, rule)

    def _sign_in(self, call: Call) -> None:
        """Find the tenant of the token, which must be that of the path."""
        wanted = self._world.tenant_for(call.segments[2])
        if call.signed_in is None:
            scheme, _, token = call.headers.get("authorization", "").partition(" ")
            known = self._world.mint.tenant(token.strip(), call.now, EXCHANGE)
            if scheme.lower() != "bearer" or known not in self._world.tenants:
                raise _unauthorized()
            call.signed_in = self._world.tenants[known]
        if wanted is not call.signed_in:
            raise CommandRefused(403, "Forbidden", "The token is for another tenant.")
        if not _ANCHOR.fullmatch(call.headers.get("x-anchormailbox", "")):
            raise CommandRefused(400, "BadRequest", "X-AnchorMailbox is missing.")

    def _charge(self, call: Call) -> None:
        if not self._world.conduct.enforce_quotas:
            return
        name = call.directory.tenant_id
        bucket = self._budgets.setdefault(
            name, Bucket(COMMANDS, COMMAND_WINDOW, call.now)
        )
        bucket.fill(call.now)
        if wait := bucket.wait(1):
            raise _throttled(self._world.clock.real(wait))
        bucket.level -= 1

    def _run(self, call: Call, given: _Input) -> Answer:
        settle(call.directory, call.now, self._world.conduct)
        name, entry = command(given.name)
        parameters = {key.lower(): one for key, one in given.parameters.items()}
        invocation = Invocation(self._world, call.directory, call.now, name, parameters)
        check_parameters(entry, invocation)
        found = entry.run(invocation)
        return _page(call, found, invocation.warnings)

    async def _batch(self, call: Call) -> Answer:
        items = _read(call.body, _Batch).requests
        if not 0 < len(items) <= LARGEST_BATCH:
            raise CommandRefused(
                400, "BadRequest", f"A batch has 1 to {LARGEST_BATCH} requests."
            )
        if len({item.id for item in items}) < len(items):
            raise CommandRefused(400, "BadRequest", "Ids must be unique.")
        rows = []
        sent, drip = 1.0, 0.0
        for item in items:
            answer = await self.answer(_inner(call, item))
            sent, drip = min(sent, answer.sent), max(drip, answer.drip)
            rows.append(
                {
                    "id": item.id,
                    "status": answer.status,
                    "headers": {**answer.headers, "Content-Type": _JSON},
                    "body": msgspec.Raw(answer.body or b"{}")
                    if answer.content_type == _JSON
                    else answer.body.decode(),
                }
            )
        body = msgspec.json.encode({"responses": rows})
        return Answer(200, body, content_type=_JSON, sent=sent, drip=drip)


def _inner(outer: Call, item: _Item) -> Call:
    """A request of a batch; its URL must lead to this interface of this tenant."""
    path = item.url.partition("?")[0].rstrip("/")
    segments = tuple(path.split("/")[-4:])
    headers = {name.lower(): value for name, value in item.headers.items()}
    return Call(
        method=item.method.upper(),
        path="/" + "/".join(segments),
        segments=segments if segments[-1].lower() != "$batch" else segments[:-1],
        options={},
        headers={"x-anchormailbox": outer.headers["x-anchormailbox"], **headers},
        body=bytes(item.body),
        origin=outer.origin,
        world=outer.world,
        now=outer.now,
        request_id=str(uuid.uuid4()),
        signed_in=outer.signed_in,
        batched=True,
    )


def _page(call: Call, found: Shown, warnings: list[str]) -> Answer:
    """One page; the next is asked for by posting the same body to the link."""
    match = _PAGE.search(call.headers.get("prefer", ""))
    size = min(int(match[1]) if match else _LARGEST_PAGE, _LARGEST_PAGE) or 1
    token = call.options.get("skiptoken", "0")
    start = int(token) if token.isdecimal() else 0
    rows = found.rows(start, start + size)
    wanted = {name for name in call.options.get("select", "").split(",") if name}
    if wanted:
        rows = [{k: v for k, v in row.items() if k in wanted} for row in rows]
    context = (
        f"{call.origin}/adminapi/beta/$metadata#Collection(Exchange.GenericHashTable)"
    )
    body: dict[str, Any] = {"@odata.context": context, "value": rows}
    if start + size < found.total:
        select = f"&$select={','.join(sorted(wanted))}" if wanted else ""
        link = f"{call.origin}{call.path}?$skiptoken={start + size}{select}"
        body["@odata.nextLink"] = link
    if warnings:
        body["@adminapi.warnings"] = warnings
    return Answer(200, msgspec.json.encode(body), content_type=_JSON)


def _read(body: bytes, shape: type[Any]) -> Any:
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.MsgspecError:
        raise CommandRefused(400, "BadRequest", "The body is not understood.") from None


async def _struck(rule: Rule | None) -> Answer | None:
    """What a fault does before a request is served; None when it goes on."""
    if rule is None:
        return None
    if rule.action == "slow":
        await asyncio.sleep(rule.seconds)
    if rule.action == "throttle":
        raise _throttled(rule.retry_after)
    if rule.action == "unavailable":
        raise _unavailable(rule)
    if rule.action == "server_error_html":
        page = f"<html><body><h1>{rule.status} Server Error</h1></body></html>"
        return Answer(rule.status, page.encode(), content_type="text/html")
    if rule.action == "expired_token":
        raise _unauthorized()
    if rule.action == "forbidden":
        raise CommandRefused(
            403, "Forbidden", "The role assigned to the application isn't supported."
        )
    return None


def _sent(answer: Answer, rule: Rule | None) -> Answer:
    """The answer, cut off where a fault says so; or with a link that leads elsewhere."""
    struck = rule.action if rule else ""
    answer.sent = min(answer.sent, {"cut": 0.0, "truncated": 0.5}.get(struck, 1.0))
    if struck == "poisoned_link":
        body: Mapping[str, Any] = msgspec.json.decode(answer.body)
        link = {"@odata.nextLink": "https://elsewhere.example/adminapi/"}
        answer.body = msgspec.json.encode({**body, **link})
    if rule is not None and struck == "slow_body":
        answer.drip = rule.seconds
    return answer


def _throttled(seconds: float) -> CommandRefused:
    headers = {"Retry-After": f"{max(seconds, 0.001):.3f}"} if seconds else {}
    return CommandRefused(
        429, "TooManyRequests", "Too many commands; wait.", headers=headers
    )


def _unavailable(rule: Rule) -> CommandRefused:
    headers = {"Retry-After": f"{rule.retry_after:g}"} if rule.retry_after else {}
    return CommandRefused(
        503, "ServiceUnavailable", "The service is unavailable.", headers=headers
    )


def _unauthorized() -> CommandRefused:
    return CommandRefused(
        401,
        "Unauthorized",
        "The token is missing, expired or for another audience.",
        headers={"WWW-Authenticate": 'Bearer realm=""'},
    )

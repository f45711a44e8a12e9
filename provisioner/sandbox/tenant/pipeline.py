"""The way of every call: counted, struck by a fault, signed in, paid for, answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeAlias

from provisioner.sandbox.tenant.batch import run_batch
from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.delta import expired
from provisioner.sandbox.tenant.passing import settle
from provisioner.sandbox.tenant.permissions import admit
from provisioner.sandbox.tenant.quota import resource_units
from provisioner.sandbox.tenant.recording import name_actor
from provisioner.sandbox.tenant.refusal import (
    Refusal,
    bad_token,
    claims_challenge,
    forbidden,
    throttled,
)
from provisioner.sandbox.tenant.routes import UNKNOWN, Route, find_route
from provisioner.sandbox.tenant.second_administrator import edit_behind
from provisioner.sandbox.tenant.world import World

ResolveTxt: TypeAlias = Callable[[str], list[str]]
Validate: TypeAlias = Callable[[str, str, int, bytes], list[str]]

# Answers that shall be wrong are not held against the schema.
_SPOILT = frozenset({"server_error_html", "cut", "truncated"})
_HTML = (
    "<html><head><title>{0}</title></head><body><h1>{0} Server Error</h1></body></html>"
)


class Pipeline:
    """Answers calls of one world; one is enough for all connections."""

    def __init__(
        self, world: World, resolve_txt: ResolveTxt, validate: Validate | None
    ) -> None:
        self.world = world
        self.resolve_txt = resolve_txt
        self.validate = validate

    async def answer(self, call: Call) -> Answer:
        """The answer to a call, refusals included; never raises for a bad request."""
        route, missing = UNKNOWN, None
        self._recognise(call)
        try:
            segments = targeted(call)
            route, call.params = find_route(call.method, segments)
        except Refusal as refusal:
            missing = refusal
        call.template = route.template
        self._count(call)
        call.rule = self.world.faults.strike(call.method, call.path)
        try:
            answer = await self._served(call, route, missing)
        except Refusal as refusal:
            body = refusal.body(call.now, call.request_id, call.client_request_id)
            answer = Answer(refusal.status, body, refusal.headers)
        if not route.public:
            self._add_headers(call, answer)
            answer = self._validated(call, answer)
        return _spoilt(call, answer)

    def _count(self, call: Call) -> None:
        log = self.world.log
        (log.batched if call.batched else log.calls)[
            f"{call.method} {call.template}"
        ] += 1

    async def _served(
        self, call: Call, route: Route, missing: Refusal | None
    ) -> Answer:
        struck = call.rule.action if call.rule else ""
        if call.rule is not None:
            early = await self._struck(call)
            if early is not None:
                return early
        if route.public and route.handler is not None:
            return route.handler(call)
        self._sign_in(call)
        name_actor(call)
        settle(call.directory, call.now, self.world.conduct)
        if missing is not None:
            raise missing
        if route.handler is None:
            answer = await run_batch(call, self.answer)
        else:
            self._charge(call)
            if call.caller is not None:
                admit(call, call.caller)
            if call.template == "/domains/{domain}/verify":
                call.txt = self.resolve_txt(call.params[0])
            answer = route.handler(call)
        if struck == "second_administrator":
            edit_behind(call, answer)
        if struck == "unavailable_after_commit":
            raise self._unavailable(call)
        return answer

    def _recognise(self, call: Call) -> None:
        """Read the bearer token; items of a batch are of the caller of the batch."""
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if call.caller is None and scheme.lower() == "bearer":
            call.caller = self.world.mint.caller(token.strip(), call.now)

    def _sign_in(self, call: Call) -> None:
        """Find the tenant of the caller, who must still be there."""
        if call.signed_in is not None:
            return
        if not call.headers.get("authorization", "").lower().startswith("bearer "):
            raise bad_token("Access token is empty.")
        tenant_id = call.caller.tenant_id if call.caller else ""
        directory = self.world.tenants.get(tenant_id)
        if call.caller is None or directory is None:
            raise bad_token(
                "Lifetime validation failed, the token is expired or forged."
            )
        if call.caller.user_id and not directory.has_enabled(call.caller.user_id):
            raise bad_token("The user or administrator has not consented, or is gone.")
        call.signed_in = directory

    async def _struck(self, call: Call) -> Answer | None:
        """What a fault does before the call is served; None when it goes on."""
        rule = call.rule
        assert rule is not None  # noqa: S101
        if rule.action == "slow":
            await asyncio.sleep(rule.seconds)
        if rule.action == "throttle":
            raise (
                throttled(rule.retry_after)
                if rule.retry_after
                else Refusal(429, "TooManyRequests", "Too many requests.")
            )
        if rule.action == "unavailable":
            raise self._unavailable(call)
        if rule.action == "server_error_html":
            body = _HTML.format(rule.status).encode()
            return Answer(rule.status, body, content_type="text/html")
        if rule.action == "expired_delta":
            raise expired(call, "groups" if "/groups/" in call.path else "users")
        if rule.action == "expired_token":
            raise bad_token("Lifetime validation failed, the token is expired.")
        if rule.action == "claims_challenge":
            raise claims_challenge(call.origin, call.now)
        if rule.action == "forbidden":
            raise forbidden()
        if rule.action == "concurrency":
            raise Refusal(
                409,
                "Directory_ConcurrencyViolation",
                "Error due to concurrent requests being made to the tenant. Please wait"
                " briefly and retry.",
            )
        return None

    @staticmethod
    def _unavailable(call: Call) -> Refusal:
        seconds = call.rule.retry_after if call.rule else 0
        headers = {"Retry-After": f"{seconds:g}"} if seconds else {}
        text = "The service is temporarily unavailable."
        return Refusal(503, "ServiceUnavailable", text, headers=headers)

    def _charge(self, call: Call) -> None:
        """Take the call out of the directory's quotas; mailboxes have limits of their own.

        Outlook counts per mailbox (10,000 calls in 10 minutes), which one run never meets.
        """
        if not self.world.conduct.enforce_quotas or "/mailboxSettings" in call.template:
            return
        quota = self.world.quota(call.directory)
        cost = resource_units(call.method, call.template, call.options)
        wait = quota.charge(call.method, cost, call.now, call.template)
        if wait:
            raise throttled(max(self.world.clock.real(wait), 0.001))

    def _add_headers(self, call: Call, answer: Answer) -> None:
        answer.headers["request-id"] = call.request_id
        answer.headers["client-request-id"] = call.client_request_id
        if call.template == "/$batch":
            return
        cost = resource_units(call.method, call.template, call.options)
        answer.headers["x-ms-resource-unit"] = str(cost)
        if self.world.conduct.enforce_quotas and call.signed_in is not None:
            used = self.world.quota(call.signed_in).share()
            if used >= 0.8:
                answer.headers["x-ms-throttle-limit-percentage"] = f"{used:.2f}"

    def _validated(self, call: Call, answer: Answer) -> Answer:
        """The answer, or a loud failure where it does not fit the vendor's schema."""
        if self.validate is None or not _judged(call, answer):
            return answer
        self.world.checked += 1
        path = call.path.replace("()", "")
        faults = self.validate(call.method, path, answer.status, answer.body)
        if not faults:
            return answer
        self.world.violations += [f"{call.method} {call.path}: {one}" for one in faults]
        refusal = Refusal(500, "SandboxSchemaViolation", "; ".join(faults))
        body = refusal.body(call.now, call.request_id, call.client_request_id)
        return Answer(500, body, answer.headers)


def targeted(call: Call) -> tuple[str, ...]:
    """The segments to find a route by: `/me` of a person is that person.

    An application has no `/me`, with nothing below it: one route refuses them all.
    """
    version, me, *rest = (*call.segments, "", "")[: max(len(call.segments), 2)]
    if (version.lower(), me.lower()) != ("v1.0", "me") or call.caller is None:
        return call.segments
    if call.caller.user_id:
        return (version, "users", call.caller.user_id, *rest)
    call.method = "GET"
    return (version, me)


def _judged(call: Call, answer: Answer) -> bool:
    """Whether an answer is held against the schema; the items of a batch were already."""
    if call.rule is not None and call.rule.action in _SPOILT:
        return False
    return call.template != "/$batch" or answer.status != 200


def _spoilt(call: Call, answer: Answer) -> Answer:
    if call.rule is None:
        return answer
    struck = call.rule.action
    answer.sent = min(answer.sent, {"cut": 0.0, "truncated": 0.5}.get(struck, 1.0))
    if struck == "slow_body":
        answer.drip = call.rule.seconds
    return answer

"""One request and one answer inside the tenant, whether sent alone or in a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.faults import Rule
from provisioner.sandbox.tenant.refusal import Refusal
from provisioner.sandbox.tenant.replica import Reader
from provisioner.sandbox.tenant.tokens import Caller
from provisioner.sandbox.tenant.world import World

JSON = (
    "application/json;odata.metadata=minimal;odata.streaming=true;"
    "IEEE754Compatible=false;charset=utf-8"
)


@dataclass(slots=True)
class Answer:
    """Status, body and the headers beyond those every answer has."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = JSON
    sent: float = 1.0  # share of the body that goes out before the connection closes
    drip: float = 0.0  # real seconds over which the body goes out, bit by bit


@dataclass(slots=True)
class Call:
    """A request on its way; `path` is decoded, with `/v1.0` and single slashes.

    `options` are the query options without `$` in lower case; `origin` is the scheme and
    host the caller used; `params` are the variable segments of the path.
    """

    method: str
    path: str
    segments: tuple[str, ...]
    options: dict[str, str]
    headers: dict[str, str]
    body: bytes
    origin: str
    world: World
    now: float
    request_id: str
    template: str = ""
    params: tuple[str, ...] = ()
    signed_in: Directory | None = None
    caller: Caller | None = None
    actor: str = ""  # the id of the user who acts, empty for the application itself
    rule: Rule | None = None
    batched: bool = False
    txt: list[str] = field(default_factory=list)

    @property
    def directory(self) -> Directory:
        assert self.signed_in is not None, "routes are reached with a token only"  # noqa: S101
        return self.signed_in

    @property
    def client_request_id(self) -> str:
        return self.headers.get("client-request-id", self.request_id)

    @property
    def eventual(self) -> bool:
        """Whether the caller asked for the index of advanced queries."""
        return (
            self.headers.get("consistencylevel", "").lower() == "eventual"
            and self.options.get("count", "").lower() == "true"
        )

    @property
    def reader(self) -> Reader:
        """The replica that answers this call."""
        return Reader(
            self.directory, self.now, self.world.replica_share(self.directory)
        )

    def document(self) -> dict[str, Any]:
        """The JSON object sent; raises `Refusal` where it is none."""
        try:
            found = msgspec.json.decode(self.body) if self.body else None
        except msgspec.DecodeError:
            found = None
        if not isinstance(found, dict):
            raise Refusal(
                400,
                "BadRequest",
                "Unable to read JSON request payload. Please ensure Content-Type header"
                " is set and payload is of valid JSON format.",
            )
        return found

    def context(self, what: str) -> str:
        return f"{self.origin}/v1.0/$metadata#{what}"


Handler: TypeAlias = Callable[[Call], Answer]


def reply(call: Call, what: str, value: dict[str, Any], status: int = 200) -> Answer:
    """One object with its context."""
    body = msgspec.json.encode({"@odata.context": call.context(what), **value})
    return Answer(status, body)


def reply_list(call: Call, what: str, values: list[dict[str, Any]]) -> Answer:
    """A collection that fits one page."""
    return reply(call, what, {"value": values})

"""What became of a change, and the proof that it works."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from provisioner.model.change import Action
from provisioner.model.resource import key_of


class Status(StrEnum):
    """How one change ended."""

    DONE = "done"
    WAITING = "waiting"
    FAILED = "failed"
    REFUSED = "refused"
    SKIPPED = "skipped"


class Outcome(Struct, frozen=True, gc=False):
    """What became of one change.

    `transient` tells whether the next run may succeed unaided; `next_look` is when it is
    worth looking again (UTC); `secret_id` names the one-time secret that now waits to be
    read (never the secret).
    """

    municipality: str
    kind: str
    name: str
    action: Action
    status: Status
    reason: str = ""
    transient: bool = False
    next_look: datetime | None = None
    object_id: str = ""
    secret_id: str = ""

    @property
    def key(self) -> str:
        return key_of(self.municipality, self.kind, self.name)


class Check(Struct, frozen=True, gc=False):
    """One thing that was looked at: `mailbox answers`, `licence assigned`."""

    name: str
    holds: bool
    detail: str = ""


class Proof(Struct, frozen=True, gc=False):
    """Evidence, read from the provider after the writes, that a resource works.

    `picture` is what a visitor sees (WebP), b"" where there is none.
    """

    municipality: str
    kind: str
    name: str
    at: datetime
    checks: tuple[Check, ...]
    picture: bytes = b""

    @property
    def key(self) -> str:
        return key_of(self.municipality, self.kind, self.name)

    @property
    def proven(self) -> bool:
        return bool(self.checks) and all(one.holds for one in self.checks)

"""One walk through the seven steps: what it covers, who started it, how it ended."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, get_args

from msgspec import Struct

from provisioner.model.report import Mode

if TYPE_CHECKING:
    from typing_extensions import TypeIs


Errand = Literal[
    "backup_scan",
    "backup_drill",
    "certificate_scan",
    "seat_forecast",
    "digest",
    "delta_refresh",
    "full_read",
]
ERRANDS: tuple[Errand, ...] = get_args(Errand)
"""Runs that are no walk through the steps: they look, count, tell, or try a way back, and
change nothing that the inventory speaks of."""

Task = Literal[Mode, Errand]
"""What a run can be."""


def is_errand(task: Task) -> TypeIs[Errand]:
    """Whether a run of this task is an errand."""
    return task in ERRANDS


MOST_ATTEMPTS = 3
"""How often a run that breaks off is made."""


class RunStatus(StrEnum):
    """How a run stands.

    `queued`: it is due now or later, and nobody has taken it. `claimed`: a worker has, and
    prepares. `waiting`: it ended, and something needs another look (a mailbox, a seat, a
    second person). `lost`: its process is gone and never said how it ended. `expired`: its
    time was over before anybody took it. `refused`: a guard or a lock kept it from writing
    anything. `superseded`: a newer run of the same schedule took its place.
    """

    QUEUED = "queued"
    CLAIMED = "claimed"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    WAITING = "waiting"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    EXPIRED = "expired"
    REFUSED = "refused"
    SUPERSEDED = "superseded"

    @property
    def is_final(self) -> bool:
        return self not in _OPEN

    @property
    def is_held(self) -> bool:
        """True while a worker has it."""
        return self in (RunStatus.CLAIMED, RunStatus.RUNNING)


_OPEN = (RunStatus.QUEUED, RunStatus.CLAIMED, RunStatus.RUNNING)


class Run(Struct, frozen=True):
    """One run; times are UTC.

    `municipalities` and `kinds` are its scope (empty means all). `actor` is who asked for
    it; `started` when it began, of a queued run when it was asked for. `commit` is that of
    the inventory; `checksum` that of the whole plan ("" until there is one). `worker`,
    `pid`, `host` and `process` say which process works on it, with the number `fence`,
    until `lease_until`; the store fills them in. `summary` is JSON-like and set at the end.

    A queued run is taken from `due` on and no later than `not_after`, by a worker of its
    `zone`, higher `priority` first. No two runs have the same `dedupe_key`; of one
    `schedule` only one is worked on at a time. `asked` is the whole order (JSON-like),
    `follows` the run it repeats and `attempt` the how manieth time this is. `override` is
    the reason for which it may write in a blackout. `cancelled_by` is set when somebody
    has asked it to stop.
    """

    id: str
    mode: Task
    actor: str
    started: datetime
    municipalities: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    commit: str = ""
    status: RunStatus = RunStatus.RUNNING
    finished: datetime | None = None
    pid: int = 0
    host: str = ""
    process: str = ""
    checksum: str = ""
    summary: Any = None
    worker: str = ""
    fence: int = 0
    lease_until: datetime | None = None
    zone: str = ""
    priority: int = 50
    due: datetime | None = None
    not_after: datetime | None = None
    dedupe_key: str | None = None
    schedule: str = ""
    asked: Any = None
    follows: str = ""
    attempt: int = 1
    override: str = ""
    cancelled_by: str = ""

    def is_made_again(self, now: datetime) -> bool:
        """Whether a run that broke off is to be made once more by itself.

        Not what a person cancelled, what is late, and what broke off three times.
        """
        late = self.not_after is not None and self.not_after <= now
        broke_off = self.status in (RunStatus.LOST, RunStatus.CANCELLED)
        over = self.cancelled_by or late or self.attempt >= MOST_ATTEMPTS
        return broke_off and not over and bool(self.asked)


class RunEvent(Struct, frozen=True, gc=False):
    """Something worth telling that happened in a run; `number` counts from 1 in that run."""

    run_id: str
    number: int
    at: datetime
    kind: str
    text: str
    details: Any = None


def new_run_id(now: datetime) -> str:
    """An id that sorts by time and that a person can read aloud.

    >>> new_run_id(datetime(2026, 3, 1, 6, 30, tzinfo=UTC))[:19]
    '20260301-063000-000'
    """
    moment = now.astimezone(UTC)
    return f"{moment:%Y%m%d-%H%M%S}-{moment.microsecond // 1000:03d}-{secrets.token_hex(3)}"

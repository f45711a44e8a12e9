"""One walk through the seven steps: what it covers, who started it, how it ended."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct

from provisioner.model.report import Mode


class RunStatus(StrEnum):
    """How a run stands.

    `waiting`: it ended, and something needs another look (a mailbox, a seat). `lost`: its
    process is gone and never said how it ended. `refused`: a guard or a lock kept it from
    writing anything.
    """

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    WAITING = "waiting"
    FAILED = "failed"
    LOST = "lost"
    REFUSED = "refused"

    @property
    def is_final(self) -> bool:
        return self is not RunStatus.RUNNING


class Run(Struct, frozen=True):
    """One run; times are UTC.

    `municipalities` and `kinds` are its scope (empty means all). `commit` is that of the
    inventory; `checksum` that of the whole plan ("" until there is one). `pid`, `host` and
    `process` say which process works on it; the store fills them in at the start. `summary`
    is JSON-like and set at the end.
    """

    id: str
    mode: Mode
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

"""What a run was not let do, put to a second person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct


class PlannedChange(Struct, frozen=True, gc=False):
    """One change of a plan, as far as it takes to say later what has become different."""

    key: str
    action: str
    digest: str


class Approval(Struct, frozen=True):
    """A plan that waits for a second person, and their word on it; times are UTC.

    `asked` is the order (JSON-like) that carries it out, bound to `checksum` and with
    `guards` let go; `changes` is what the plan would write. Undecided, it ends at
    `expires`. `followed_by` is the run that the approval set going.
    """

    run_id: str
    checksum: str
    asked: Any
    guards: tuple[str, ...]
    changes: tuple[PlannedChange, ...]
    requested_by: str
    requested: datetime
    expires: datetime
    decided: datetime | None = None
    decided_by: str = ""
    followed_by: str = ""

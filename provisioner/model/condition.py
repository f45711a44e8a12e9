"""Something that is so for a while and that people hear of: a certificate near its end."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct

Standing = Literal["certificate", "backup", "drill", "seats"]
"""What can be so for a while; each is a word of `model.notice.About`."""


class Judged(Struct, frozen=True):
    """What a scan found of one thing.

    `key` names it among those of its kind, `holds` says whether the condition is so: None
    where nobody could tell, which changes nothing. `facts` are JSON-like, for the notice.
    """

    key: str
    municipality: str
    holds: bool | None
    facts: Any = None


class Condition(Struct, frozen=True):
    """One that is so since `since`, or was until `over` (UTC)."""

    about: Standing
    key: str
    municipality: str
    facts: Any
    since: datetime
    over: datetime | None = None

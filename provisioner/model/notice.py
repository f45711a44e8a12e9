"""Something that somebody shall be told, once."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, get_args

from msgspec import Struct

About = Literal[
    "run_failed",
    "approval",
    "drift",
    "worker_gone",
    "certificate",
    "backup",
    "drill",
    "seats",
    "digest",
    "request",
]
ABOUT: tuple[About, ...] = get_args(About)
RequestStep = Literal[
    "request_submitted",
    "request_approved",
    "request_rejected",
    "request_withdrawn",
    "request_recorded",
    "request_provisioning",
    "request_waiting",
    "request_ready",
    "request_failed",
    "request_closed",
    "request_held",
]
REQUEST_STEPS: dict[str, RequestStep] = {
    one.removeprefix("request_"): one for one in get_args(RequestStep)
}
"""What a requester is told of, by the state that the request came to."""


class Delivery(StrEnum):
    """How far a notice is.

    `uncertain`: the process died between sending and writing it down; not sent again,
    because it may have arrived.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class Notice(Struct, frozen=True):
    """One thing for one recipient; times are UTC.

    `key` names the transition and the recipient: there is one notice for it, ever. `facts`
    are JSON-like and become words in the recipient's language when it is sent.
    """

    key: str
    recipient: str
    about: About | RequestStep
    facts: Any
    made: datetime
    due: datetime
    state: Delivery = Delivery.WAITING
    attempts: int = 0
    error: str = ""
    ended: datetime | None = None


class Recipient(Struct, frozen=True):
    """Where notices go: `to` is a reference (`env/NAME`, `file/PATH`) to an address.

    `municipalities` empty is all of them. In the quiet hours (`HH:MM`, local) notices
    wait. `digest` says whether they get it at each turn of its schedule, or once a week.
    """

    name: str
    to: str
    language: Literal["he", "ar", "en"] = "he"
    about: tuple[About, ...] = ABOUT
    municipalities: tuple[str, ...] = ()
    quiet_from: str = ""
    quiet_until: str = ""
    digest: Literal["daily", "weekly"] = "daily"

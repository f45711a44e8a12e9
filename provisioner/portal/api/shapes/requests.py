"""Requests: how they stand, their time line, and what people or programs decide."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from provisioner.model.language import Language
from provisioner.model.request import Act, State, WaitsFor
from provisioner.model.wish import Sort
from provisioner.portal.api.shapes.base import (
    Address,
    Moment,
    Page,
    Reason,
    RequestId,
    RunId,
    Shape,
    Slug,
    Taken,
    Who,
)
from provisioner.portal.api.shapes.wishes import Asked
from provisioner.store.secret_entries import SecretState

_LONGEST = 500
Start = Annotated[
    date | None,
    Field(description="From which local day on; null is now.", examples=["2026-03-15"]),
]


class Request(Shape):
    """A request as it stands; `version` grows with every step."""

    id: RequestId
    municipality: Slug
    sort: Sort
    state: State
    requester: Who
    submitted: Moment
    changed: Moment
    start: Start
    version: Annotated[int, Field(examples=[1])]
    waits_for: WaitsFor
    reason: Reason
    decided_by: Who
    automatic: Annotated[bool, Field(description="Whether the policy approved it.")]


class Step(Shape):
    """An entry of the time line; `number` is the version it led to."""

    number: Annotated[int, Field(examples=[1])]
    at: Moment
    who: Who
    act: Act
    state: State
    reason: Reason
    waits_for: WaitsFor


class Password(Shape):
    """That there is a first password; it is handed over in the portal alone."""

    address: Address
    state: SecretState
    expires: Moment


class RequestStory(Request):
    """One request with all that its page tells.

    `diff` is what approving would write, for who may approve; `in_the_way` says what
    keeps it from being written. `may` is what the caller may do to it now.
    """

    language: Annotated[Language, Field(description="That of its mails.")]
    wish: Asked
    steps: list[Step]
    diff: Annotated[str, Field(examples=["--- …\n+++ …\n@@ -17,0 +18 @@\n+naomi@…"])]
    in_the_way: Reason
    may: list[Act]
    passwords: list[Password]
    recorded: Annotated[
        Moment | None, Field(description="When it came into the inventory.")
    ]
    commit: Annotated[str, Field(examples=["9f86d08"])]
    run: RunId


class RequestPage(Page[Request]):
    """A part of the requests, newest first."""


class NewRequest(Taken):
    """What is asked for, for whom, and from which day on."""

    municipality: Slug
    wish: Asked
    # A day as an example would be over one day, and then be refused.
    start: Annotated[Start, Field(examples=[None])] = None


class Approval(Taken):
    """A yes; the reason may be left out."""

    reason: Annotated[Reason, Field(max_length=_LONGEST)] = ""


class Rejection(Taken):
    """A no, which needs a reason that its requester can understand."""

    reason: Annotated[Reason, Field(min_length=1, max_length=_LONGEST)]

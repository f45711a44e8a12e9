"""Runs with their events and plans, what is ordered, and plans that wait for a yes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from provisioner.model.change import Action, Drift
from provisioner.model.outcome import Status
from provisioner.model.run import RunStatus, Task
from provisioner.portal.api.shapes.base import (
    Hash,
    Key,
    Kind,
    Moment,
    Page,
    Reason,
    RunId,
    Shape,
    Slug,
    Taken,
    Value,
    Who,
)


class Run(Shape):
    """A run; no municipalities or kinds are all of them."""

    id: RunId
    mode: Task
    status: RunStatus
    actor: Who
    started: Moment
    finished: Moment | None
    municipalities: list[Slug]
    kinds: list[Kind]
    commit: Annotated[str, Field(description="The inventory's.", examples=["9f86d08"])]
    checksum: Hash
    schedule: Annotated[str, Field(examples=["nightly-drift"])]
    zone: Annotated[str, Field(examples=[""])]
    follows: RunId
    attempt: Annotated[int, Field(examples=[1])]
    cancelled_by: Who


class FieldChange(Shape):
    """A field that differs; `diff` is of texts too long to be a value."""

    field: Annotated[str, Field(examples=["jobTitle"])]
    before: Value
    after: Value
    drift: Drift
    diff: Annotated[str, Field(examples=[""])]


class Change(Shape):
    """One thing to do to one resource; `by_hand` is what a person must do."""

    key: Key
    action: Action
    drift: Drift
    fields: list[FieldChange]
    by_hand: list[Annotated[str, Field(examples=["Add the record …"])]]
    reason: Reason


class Refusal(Shape):
    """A guard's word against one change, or against all (`key` empty)."""

    guard: Annotated[str, Field(examples=["removals"])]
    key: Key
    message: Annotated[str, Field(examples=["5 of 12 would be removed."])]
    remedy: Annotated[str, Field(examples=["Let a second person approve it."])]
    waits: Annotated[bool, Field(description="Whether time or a purchase helps.")]


class Plan(Shape):
    """What a run planned for a municipality; `more` changes are not shown."""

    municipality: Slug
    checksum: Hash
    writes: Annotated[int, Field(examples=[3])]
    seats: Annotated[
        dict[str, int],
        Field(description="Taken or freed.", examples=[{"EXCHANGESTANDARD": 1}]),
    ]
    changes: list[Change]
    more: Annotated[int, Field(examples=[0])]
    refusals: list[Refusal]


class Outcome(Shape):
    """What became of a change; `transient` where the next run may succeed unaided."""

    key: Key
    action: Action
    status: Status
    reason: Reason
    transient: bool
    next_look: Moment | None


class RunStory(Run):
    """One run with its plans, outcomes, and why it stands as it does."""

    reasons: list[Reason]
    plans: list[Plan]
    outcomes: list[Outcome]
    unproven: Annotated[list[Key], Field(description="What was not proven to work.")]
    approval: Annotated[
        bool, Field(description="Whether it asked for a second person.")
    ]


class Event(Shape):
    """Something that happened in a run; `number` counts from 1."""

    number: Annotated[int, Field(examples=[1])]
    at: Moment
    kind: Annotated[str, Field(examples=["step"])]
    text: Annotated[str, Field(examples=["Reads the tenant galil."])]


class EventPage(Shape):
    """Events in order; ask again `after` the last one until `ended` and none comes."""

    items: list[Event]
    after: Annotated[int, Field(description="The last number.", examples=[1])]
    ended: Annotated[bool, Field(description="Whether the run has come to its end.")]


class RunPage(Page[Run]):
    """A part of the runs, newest first."""


class Look(Taken):
    """Look for differences, in these municipalities or (none) everywhere."""

    order: Literal["look"]
    municipalities: Annotated[tuple[Slug, ...], Field(max_length=1000)] = ()


class Repair(Taken):
    """Set these differences right, and nothing else."""

    order: Literal["repair"]
    keys: Annotated[tuple[Key, ...], Field(min_length=1, max_length=200)]


class Adopt(Taken):
    """Take over what nobody of us made, now that the inventory wants it."""

    order: Literal["adopt"]
    key: Key


Order = Annotated[Look | Repair | Adopt, Field(discriminator="order")]


class WaitingPlan(Shape):
    """A held plan that waits for a second person; `own` where the caller asked for it."""

    run_id: RunId
    checksum: Hash
    guards: list[Annotated[str, Field(examples=["removals"])]]
    requested_by: Who
    requested: Moment
    expires: Moment
    decided: Moment | None
    decided_by: Who
    followed_by: RunId
    own: bool


class WaitingPlanStory(WaitingPlan):
    """A held plan with what it would change."""

    plans: list[Plan]


class WaitingPlanPage(Page[WaitingPlan]):
    """A part of the held plans, oldest first."""

"""Differences between the inventory and the world, and what was accepted of them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provisioner.model.change import Drift
from provisioner.model.drift_item import Life
from provisioner.portal.api.shapes.base import (
    Key,
    Kind,
    Moment,
    Name,
    Page,
    Reason,
    Shape,
    Slug,
    Taken,
    Who,
)
from provisioner.portal.api.shapes.runs import FieldChange


class Difference(Shape):
    """A resource that is not as it should be; `who` changed it, where that is known."""

    key: Key
    municipality: Slug
    kind: Kind
    name: Name
    drift: Drift
    life: Life
    fields: list[FieldChange]
    since: Moment
    seen: Moment
    reason: Reason
    by_hand: list[Annotated[str, Field(examples=["Add the record …"])]]
    who: Who
    when: Moment | None
    activity: Annotated[str, Field(examples=["Update user"])]
    repairable: Annotated[bool, Field(description="Whether a run can set it right.")]


class Transition(Shape):
    """A step in its life; `actor` is empty for a run's."""

    at: Moment
    life: Life
    drift: Drift
    actor: Who
    reason: Reason


class Accepted(Shape):
    """Who said that it may stay, until when, and why."""

    until: Moment
    reason: Reason
    actor: Who
    at: Moment


class DifferenceStory(Difference):
    """One difference with its life so far."""

    steps: list[Transition]
    accepted: Accepted | None


class DifferencePage(Page[Difference]):
    """A part of the open differences: those not accepted first, the oldest first."""


class Acceptance(Taken):
    """For how long what was found may stay, and why."""

    days: Annotated[int, Field(ge=1, le=365, examples=[30])]
    reason: Annotated[Reason, Field(min_length=3, max_length=500)]

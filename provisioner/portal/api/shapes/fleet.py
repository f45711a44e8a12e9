"""Municipalities, how they stand, their mailboxes and seats."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from provisioner.portal.api.shapes.base import (
    Address,
    Key,
    Kind,
    License,
    Moment,
    Names,
    Page,
    Shape,
    Slug,
)

States = Annotated[
    dict[str, int],
    Field(
        description="How many resources are in each state, without those in sync.",
        examples=[{"drifted": 2, "waiting": 1}],
    ),
]
Domain = Annotated[str, Field(examples=["rameh.example"])]


class KindStanding(Shape):
    """One kind in a municipality. `wanted` is null where the inventory does not say."""

    kind: Kind
    state: Annotated[str, Field(description="The worst state.", examples=["drifted"])]
    wanted: Annotated[int | None, Field(examples=[40])]
    states: States
    since: Annotated[
        Moment | None, Field(description="When the oldest of it was first seen.")
    ]
    looked: Annotated[Moment | None, Field(description="The last look; null is never.")]


class Municipality(Shape):
    """A municipality (or the cluster itself) and what is not in sync there."""

    slug: Slug
    names: Names
    domain: Domain
    states: States
    looked: Annotated[Moment | None, Field(description="The last look; null is never.")]


class MunicipalityStanding(Municipality):
    """A municipality with each kind by itself."""

    kinds: Annotated[list[KindStanding], Field(validation_alias="cells")]


class Mailbox(Shape):
    """A person of the inventory; `line` is where it stands in `mailboxes.csv`."""

    address: Address
    display_name: Annotated[str, Field(examples=["נעמי כץ"])]
    given_name: Annotated[str, Field(examples=["נעמי"])]
    surname: Annotated[str, Field(examples=["כץ"])]
    employee_id: Annotated[str, Field(examples=["1042"])]
    department: Annotated[str, Field(examples=["חינוך"])]
    job_title: Annotated[str, Field(examples=["רכזת"])]
    role: Annotated[str, Field(examples=["education"])]
    license: License
    language: Literal["he", "ar", "en"]
    aliases: list[Address]
    state: Literal["active", "leaver"]
    line: Annotated[int, Field(examples=[17])]


class SeatLine(Shape):
    """A licence; `left` is negative where more people want one than there are."""

    license: License
    budget: Annotated[int, Field(examples=[40])]
    wanted: Annotated[int, Field(examples=[38])]
    left: Annotated[int, Field(examples=[2])]


class Seats(Shape):
    """A municipality's licences; `waiting` are mailboxes that wait, for what reason ever."""

    slug: Slug
    names: Names
    tenant: Annotated[str, Field(examples=["galil"])]
    lines: list[SeatLine]
    waiting: list[Key]


class MunicipalityPage(Page[Municipality]):
    """A part of the municipalities, by their slugs."""


class MailboxPage(Page[Mailbox]):
    """A part of a municipality's people, in the order of the file."""


class SeatsPage(Page[Seats]):
    """A part of the seats, by municipality."""

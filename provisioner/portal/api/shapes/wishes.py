"""What a request asks for: one shape for each sort, told apart by `sort`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field, TypeAdapter

from provisioner.model.wish import Wish
from provisioner.portal.api.shapes.base import Taken


def _text(example: str, description: str | None = None) -> Any:
    return Field(description=description, examples=[example])


Whose = Annotated[
    str, _text("naomi@rameh.example", "A whole address, or the part before the @.")
]
Values = Annotated[
    dict[str, str],
    Field(
        description="New values by their column.", examples=[{"department": "חינוך"}]
    ),
]


class NewPerson(Taken):
    """Somebody new, as in the columns of `mailboxes.csv`; what is left out is empty."""

    address: Annotated[
        str, _text("naomi@rameh.example", "Left out: proposed from the names.")
    ] = ""
    display_name: Annotated[str, _text("נעמי כץ", "Left out: both names.")] = ""
    license: Annotated[str, _text("EXCHANGESTANDARD", "SKU part number.")]
    given_name: Annotated[str, _text("נעמי")] = ""
    surname: Annotated[str, _text("כץ")] = ""
    employee_id: Annotated[str, _text("1042")] = ""
    department: Annotated[str, _text("חינוך")] = ""
    job_title: Annotated[str, _text("רכזת")] = ""
    role: Annotated[str, _text("education", "A role of the cluster, or none.")] = ""
    language: Annotated[str, _text("he", "`he`, `ar`, `en`, or the town's.")] = ""
    aliases: Annotated[
        str, _text("n.katz@rameh.example", "Further addresses, with spaces.")
    ] = ""


class NewMailboxes(Taken):
    """Mailboxes for one person or many."""

    sort: Literal["new_mailboxes"]
    people: Annotated[list[NewPerson], Field(min_length=1)]


class ThreeNames(Taken):
    """A name in the three languages."""

    he: Annotated[str, _text("מוקד")]
    ar: Annotated[str, _text("مركز")]
    en: Annotated[str, _text("Hotline")]


class NewSharedMailbox(Taken):
    """An address that several people read."""

    sort: Literal["shared_mailbox"]
    address: Whose
    names: ThreeNames
    members: tuple[Whose, ...] = ()
    aliases: tuple[Whose, ...] = ()


class PersonChange(Taken):
    """New values for a person; `state: active` brings a leaver back."""

    sort: Literal["person_change"]
    address: Whose
    fields: Values


class PersonLeaves(Taken):
    """Somebody leaves."""

    sort: Literal["leaver"]
    address: Whose


class WebsiteChange(Taken):
    """New texts of a website."""

    sort: Literal["website_change"]
    website: Annotated[str, _text("www.rameh.example", "The website's name.")]
    fields: Annotated[
        dict[str, str],
        Field(description="New texts.", examples=[{"title": "ראמה"}]),
    ]


Asked = Annotated[
    NewMailboxes | NewSharedMailbox | PersonChange | PersonLeaves | WebsiteChange,
    Field(discriminator="sort"),
]
_SHAPES: TypeAdapter[Asked] = TypeAdapter(Asked)


def wish_of(asked: Asked) -> Wish:
    """As the desk takes it; like a form, without space around a value or twice in it."""
    plain = asked.model_dump()
    if not isinstance(asked, WebsiteChange):
        plain = _squeezed(plain)
    for one in plain.get("people", ()):
        both = f"{one['given_name']} {one['surname']}".strip()
        one["display_name"] = one["display_name"] or both
    wish: Wish = msgspec.convert(plain, Wish)
    return wish


def shape_of(wish: Wish) -> Asked:
    """As it is told; the row of before is for the desk alone."""
    told = msgspec.to_builtins(wish)
    told.pop("before", None)
    return _SHAPES.validate_python(told)


def _squeezed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _squeezed(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_squeezed(one) for one in value]
    return " ".join(value.split())

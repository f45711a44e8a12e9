"""The words that all shapes share; their examples are those of the description."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Shape(BaseModel):
    """Something that is told; read from the model's values by their attributes."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Taken(BaseModel):
    """Something that is sent to us; a member nobody knows is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: Any) -> Any:
        """No database takes a NUL as text, and nobody means one."""
        if "\0" in _texts(value):
            raise ValueError("A text has no NUL in it.")
        return value


def _texts(value: Any) -> str:
    if isinstance(value, dict):
        value = (*value, *value.values())
    if isinstance(value, tuple | list):
        return " ".join(_texts(one) for one in value)
    return value if isinstance(value, str) else ""


Item = TypeVar("Item", bound=Shape)


class Page(BaseModel, Generic[Item]):
    """A part of a list; `next` is the cursor of the page after it, null at the end."""

    items: list[Item]
    next: Annotated[str | None, Field(examples=[None])]


def _text(description: str, example: str) -> Any:
    return Field(description=description, examples=[example])


Slug = Annotated[str, _text("A municipality, or `cluster@TENANT`.", "rameh")]
Kind = Annotated[str, _text("A type of resource.", "mailbox")]
Key = Annotated[
    str, _text("`municipality/kind/name`.", "rameh/mailbox/naomi@rameh.example")
]
Name = Annotated[str, _text("The name within its kind.", "naomi@rameh.example")]
Address = Annotated[str, _text("A whole address.", "naomi@rameh.example")]
Who = Annotated[
    str,
    _text(
        "Who did it: an address, or `app:CLIENT-ID`; empty is nobody.",
        "noa@rameh.example",
    ),
]
RunId = Annotated[str, _text("A run.", "20260301-063000-000-4f1c2a")]
RequestId = Annotated[str, _text("A request.", "R20260301-063000-000-4f1c2a")]
License = Annotated[str, _text("A licence by its SKU part number.", "EXCHANGESTANDARD")]
Reason = Annotated[str, _text("Why, for people; empty is none.", "Agreed by phone.")]
Hash = Annotated[
    str, _text("SHA-256 in hex digits; empty where there is none.", "9f86d081" * 8)
]
Moment = Annotated[
    datetime, Field(description="UTC.", examples=["2026-03-01T06:30:00Z"])
]
Value = Annotated[
    Any, Field(description="Any JSON; null is not there.", examples=["Clerk"])
]


class Names(Shape):
    """One name in the three languages of the cluster."""

    he: Annotated[str, Field(examples=["ראמה"])]
    ar: Annotated[str, Field(examples=["الرامة"])]
    en: Annotated[str, Field(examples=["Rameh"])]

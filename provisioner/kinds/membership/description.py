"""Our mark in the description of an object that has no field of its own for it."""

from __future__ import annotations

from typing import NamedTuple

from provisioner.kinds.mailbox.spec import mark_of, read_mark
from provisioner.model.municipality import Names

_SEPARATOR = " | "


class Described(NamedTuple):
    """A description taken apart; `mark` is "" where it bears none of ours."""

    mark: str
    text: str


def describe(owner: str, name: str, text: str) -> str:
    """The description of an object of ours: the mark, then what people read."""
    return f"{mark_of(owner, name)}{_SEPARATOR}{text}"


def read_description(description: str | None) -> Described:
    """A description taken apart again; everything is text where there is no mark."""
    mark, _, text = (description or "").partition(_SEPARATOR)
    return (
        Described(mark, text) if read_mark(mark) else Described("", description or "")
    )


def in_three_languages(names: Names) -> str:
    """The three names on one line, each once."""
    return " · ".join(dict.fromkeys((names.he, names.ar, names.en)))

"""The inventory's files with the line of each value, as far as a viewer sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from provisioner.inventory.faults import Faults
from provisioner.inventory.source import (
    CLUSTER,
    MUNICIPALITIES,
    MUNICIPALITY,
    YAML_LIMIT,
    Folder,
)
from provisioner.inventory.yaml_tree import Document, parse
from provisioner.model.municipality import Municipality, Person

PAGE = 100


class Value(Struct, frozen=True):
    """One value of a file: the keys that lead to it, what it is, and where it stands."""

    path: tuple[str, ...]
    value: str
    line: int

    @property
    def name(self) -> str:
        """The path as one word: `seats.SPB`."""
        return ".".join(self.path)


def values_of(inventory: Path, slug: str = "") -> list[Value]:
    """The values of `municipality.yml`, or of `cluster.yml` without a slug.

    Empty where the file cannot be read; the inventory as a whole is checked elsewhere.
    """
    name = f"{MUNICIPALITIES}/{slug}/{MUNICIPALITY}" if slug else CLUSTER
    faults = Faults()
    content = Folder(inventory, faults).read(name, YAML_LIMIT)
    if content is None:
        return []
    document = parse(content.decode("utf-8-sig", "replace"), name, faults)
    return list(_values(document, document.value, ())) if document else []


def _values(
    document: Document, value: Any, path: tuple[int | str, ...]
) -> Iterator[Value]:
    if isinstance(value, dict) and value:
        for key, one in value.items():
            yield from _values(document, one, (*path, key))
    elif isinstance(value, list) and any(isinstance(one, dict | list) for one in value):
        for number, one in enumerate(value):
            yield from _values(document, one, (*path, number))
    else:
        words = tuple(str(one + 1) if isinstance(one, int) else one for one in path)
        yield Value(words, _said(value), document.place(*path).line)


def _said(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return "" if value in (None, {}) else str(value)


class People(Struct, frozen=True):
    """A page of the people of a municipality; `after` is the line to go on from, or 0."""

    people: tuple[Person, ...]
    count: int
    after: int


def people_of(town: Municipality, words: str, after: int, limit: int = PAGE) -> People:
    """The people in whose row all words stand, from after a line on."""
    wanted = words.lower().split()
    found = [one for one in town.people if has_words(one, wanted)]
    rest = [one for one in found if one.line > after]
    more = len(rest) > limit
    return People(tuple(rest[:limit]), len(found), rest[limit - 1].line if more else 0)


def has_words(one: Person, words: Iterable[str]) -> bool:
    """Whether all these words, in lower case, stand in somebody's row."""
    said = _row_text(one)
    return all(word in said for word in words)


def _row_text(one: Person) -> str:
    fields = (
        *(one.address, one.display_name, one.employee_id, one.department),
        *(one.job_title, one.role, one.license, one.state, *one.aliases),
    )
    return " ".join(fields).lower()

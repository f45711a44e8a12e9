"""YAML text to plain values that remember where they stand.

Built from libyaml's events, not from its composer: composing nests in C and a file of a
hundred thousand brackets ends the process, while events come one by one. Scalars stay
the text that was written (`0543` is a code, not an octal number; `no` is no boolean);
the models give them their types. Anchors, aliases and tags have no use here and are faults.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from provisioner.inventory.characters import shown
from provisioner.inventory.faults import Faults
from provisioner.model.place import Place

DEEPEST = 20
Path = tuple[int | str, ...]
Mark = tuple[int, int]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
_OURS = frozenset({None, "!", "tag:yaml.org,2002:str"})


@dataclass
class Document:
    """The value of a file and the places of its parts.

    At the paths in `spoilt` something stands that was not understood and is a fault.
    """

    file: str
    value: dict[str, Any]
    spoilt: set[Path] = field(default_factory=set)
    _keys: dict[Path, Mark] = field(default_factory=dict)
    _values: dict[Path, Mark] = field(default_factory=dict)

    def place(self, *path: int | str) -> Place:
        """Where the value at `path` stands, or the nearest part around it."""
        return self._nearest(self._values, path)

    def place_of_key(self, *path: int | str) -> Place:
        """Where the key at the end of `path` stands."""
        return self._nearest(self._keys, path)

    def _nearest(self, marks: dict[Path, Mark], path: Path) -> Place:
        mark = marks.get(path)
        while mark is None and path:
            path = path[:-1]
            mark = self._values.get(path)
        return Place(self.file, *(mark or (1, 1)))


class _Stop(Exception):
    """The rest of the file cannot be understood; the fault is already kept."""


class _Builder:
    """Walks the events of one file once."""

    def __init__(self, text: str, document: Document, faults: Faults) -> None:
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._document = document
        self._faults = faults

    def build(self) -> Any:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                value = self._value(next(self._events), ())
                self._only_document()
                return value
        return None

    def _only_document(self) -> None:
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                remedy = "Remove the line --- and what follows it."
                self._fault(event, "yaml-syntax", "A second document begins.", remedy)
                raise _Stop

    def _value(self, event: Any, path: Path) -> Any:
        self._document._values[path] = _mark(event)
        self._look_at(event)
        if isinstance(event, yaml.ScalarEvent):
            nothing = event.implicit[0] and event.value in _NOTHING
            return None if nothing else event.value
        if isinstance(event, yaml.AliasEvent):
            self._document.spoilt.add(path)
            return None
        if len(path) >= DEEPEST:
            remedy = "No file here is nested that deeply."
            self._fault(event, "yaml-syntax", "The nesting is too deep.", remedy)
            raise _Stop
        if isinstance(event, yaml.SequenceStartEvent):
            return self._items(path)
        return self._mapping(path)

    def _items(self, path: Path) -> list[Any]:
        items: list[Any] = []
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                what, remedy = "A key is no plain word.", "Write `key: value`."
                self._fault(event, "yaml-syntax", what, remedy)
                raise _Stop
            self._look_at(event)
            self._entry(found, event, (*path, event.value))
        return found

    def _entry(self, found: dict[str, Any], key: Any, path: Path) -> None:
        first = self._document._keys.get(path)
        if first:
            what = (
                f"The key {shown(key.value)} stands twice (first in line {first[0]})."
            )
            self._fault(key, "duplicate-key", what, "Keep one of them.")
            self._value(next(self._events), (*path, ""))
            return
        self._document._keys[path] = _mark(key)
        found[key.value] = self._value(next(self._events), path)

    def _look_at(self, event: Any) -> None:
        if event.anchor is not None:
            what = "A YAML anchor or alias is used."
            self._fault(event, "yaml-anchor", what, "Write the value out.")
        if getattr(event, "tag", None) not in _OURS:
            self._fault(event, "yaml-tag", "A YAML tag is used.", "Remove the tag.")

    def _fault(self, event: Any, code: str, what: str, remedy: str) -> None:
        self._faults.add(Place(self._document.file, *_mark(event)), code, what, remedy)


def parse(text: str, file: str, faults: Faults) -> Document | None:
    """The document of a file; None, with a fault, when it is no mapping."""
    document = Document(file, {})
    try:
        value = _Builder(text, document, faults).build()
    except _Stop:
        return None
    except yaml.YAMLError as error:
        _syntax(error, file, faults)
        return None
    if not isinstance(value, dict):
        what = "The file is no mapping of keys to values."
        faults.add(document.place(), "no-mapping", what, "Write `key: value` lines.")
        return None
    document.value = value
    return document


def _syntax(error: yaml.YAMLError, file: str, faults: Faults) -> None:
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return  # an unprintable character, which the scan for them has already told
    problem = getattr(error, "problem", None) or "not understood"
    context = getattr(error, "context", None)
    what = f"The YAML cannot be read: {problem}{f' {context}' if context else ''}."
    remedy = (
        "Look at this line and the one before: indent by spaces, close every quote."
    )
    place = Place(file, mark.line + 1, mark.column + 1)
    faults.add(place, "yaml-syntax", what, remedy)


def _mark(event: Any) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1

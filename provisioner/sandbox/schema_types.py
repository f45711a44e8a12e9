"""The vendor's types as compiled checks: names, primitive types, nullability, enums.

Reads `graph-schema.json`, which was derived from `schemas/v1.0-Prod.csdl` of
microsoftgraph/msgraph-metadata, copyright Microsoft Corporation, MIT licence (its date
stands in the file's `source`). Nothing here knows of requests; see `schema_paths`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

PREFIX = "microsoft.graph."
_FILE = Path(__file__).with_name("graph-schema.json")
_ADDITIONS = Path(__file__).with_name("graph-schema-additions.json")
_EXTENSION = re.compile(r"(extension_[0-9a-f]{32}|ext[0-9a-z]{8})_\w+")

# What a check found: where inside the value, and what is wrong there.
Found = list[tuple[str, str]]
Check = Callable[[Any], Found | None]


class Property(Struct, frozen=True):
    """One property or navigation property as the schema declares it."""

    type: str
    collection: bool = False
    nullable: bool = True


class Declared(Struct, frozen=True):
    """One entity or complex type; properties of its base are not repeated in it."""

    kind: str
    properties: dict[str, Property]
    base: str = ""
    open: bool = False
    abstract: bool = False
    navigation: dict[str, Property] = {}


class Document(Struct, frozen=True):
    """The whole of `graph-schema.json`."""

    source: str
    types: dict[str, Declared]
    enums: dict[str, list[str]]


def _matches(pattern: str) -> Callable[[Any], bool]:
    fullmatch = re.compile(pattern).fullmatch
    return lambda value: type(value) is str and fullmatch(value) is not None


_DATE = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,12})?"
_DURATION = r"-?P(?=.)(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:[\d.]+S)?)?"
_PRIMITIVES: dict[str, Callable[[Any], bool]] = {
    "Edm.String": lambda value: type(value) is str,
    "Edm.Boolean": lambda value: type(value) is bool,
    "Edm.Int32": lambda value: type(value) is int and -(2**31) <= value < 2**31,
    "Edm.Int64": lambda value: type(value) is int and -(2**63) <= value < 2**63,
    "Edm.Double": lambda value: type(value) in (int, float),
    "Edm.Guid": _matches(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "Edm.Date": _matches(_DATE),
    "Edm.DateTimeOffset": _matches(rf"{_DATE}T{_TIME}(?:Z|[+-]\d\d:\d\d)"),
    "Edm.TimeOfDay": _matches(_TIME),
    "Edm.Duration": _matches(
        r"-?P(?=.)(?:\d+D)?(?:T(?=.)(?:\d+H)?(?:\d+M)?(?:[\d.]+S)?)?"
    ),
    "Edm.Binary": _matches(r"[A-Za-z0-9_+/-]*={0,2}"),
}


class Types:
    """Every known type with a compiled check for its values."""

    def __init__(self, document: Document) -> None:
        self.declared = document.types
        self._enums = {name: frozenset(of) for name, of in document.enums.items()}
        self._checks: dict[str, dict[str, Check]] = {}

    @classmethod
    def load(cls) -> Types:
        decode = msgspec.json.Decoder(Document).decode
        vendor, more = decode(_FILE.read_bytes()), decode(_ADDITIONS.read_bytes())
        return cls(msgspec.structs.replace(vendor, types=more.types | vendor.types))

    def known(self, name: str) -> bool:
        return name in self.declared or name in self._enums or name in _PRIMITIVES

    def lineage(self, name: str) -> Iterable[str]:
        """The type and its bases, the type first."""
        while name:
            yield name
            name = self.declared[name].base

    def related(self, one: str, other: str) -> bool:
        """True where one type is the other or derives from it, either way round."""
        return one in self.lineage(other) or other in self.lineage(one)

    def member(self, type_name: str, name: str) -> Property | None:
        """The property or navigation property of a type or its bases, or None."""
        for owner in self.lineage(type_name):
            declared = self.declared[owner]
            found = declared.properties.get(name) or declared.navigation.get(name)
            if found is not None:
                return found
        return None

    def check(self, type_name: str) -> Check:
        """A check for one value, not null, of an entity, complex, enum or Edm type."""
        if type_name in self.declared:
            return lambda value: self._object(type_name, value)
        if type_name in self._enums:
            return self._enum(type_name)
        label, holds = type_name, _PRIMITIVES.get(type_name)
        if holds is None:
            return lambda value: None  # a type outside the excerpt is not judged
        return lambda value: None if holds(value) else [("", _is_no(value, label))]

    def _enum(self, type_name: str) -> Check:
        members = self._enums[type_name]

        def check(value: Any) -> Found | None:
            if type(value) is str and (
                value in members or members.issuperset(value.split(","))
            ):
                return None
            return [("", _is_no(value, type_name))]

        return check

    def _object(self, type_name: str, value: Any) -> Found | None:
        if type(value) is not dict:
            return [("", _is_no(value, type_name))]
        if "@odata.type" in value:
            narrowed = str(value["@odata.type"]).removeprefix("#")
            if narrowed not in self.declared or not self.related(narrowed, type_name):
                return [(".@odata.type", f"{narrowed} is no {type_name}")]
            type_name = narrowed
        checks = self._checks.get(type_name) or self._compile(type_name)
        found: Found = []
        for name, item in value.items():
            check = checks.get(name)
            if check is None:
                found += self._unnamed(type_name, name, item)
            elif (inner := check(item)) is not None:
                found += [(f".{name}{where}", what) for where, what in inner]
        return found or None

    def _unnamed(self, type_name: str, name: str, item: Any) -> Found:
        """What is wrong with a name the type does not have; annotations may stand."""
        if name == "@removed":
            reason = item.get("reason") if type(item) is dict else None
            holds = reason in ("changed", "deleted")
            return [] if holds else [(".@removed", "reason is not changed or deleted")]
        owner, _, annotation = name.partition("@")
        if annotation == "delta":
            return self._tracked(type_name, name, item)
        if annotation.startswith("odata."):
            if not owner or self.member(type_name, owner) is not None:
                return []
            return [(f".{name}", f"annotates no property of {type_name}")]
        # Open complex types take any name, open entities only registered extensions.
        named = self.declared[type_name].kind == "complex" or _EXTENSION.fullmatch(name)
        if named and any(self.declared[one].open for one in self.lineage(type_name)):
            return []
        return [(f".{name}", f"{type_name} has no property of this name")]

    def _tracked(self, type_name: str, name: str, item: Any) -> Found:
        """What is wrong with `members@delta` and the like, where ties are tracked."""
        known = self.member(type_name, name.partition("@")[0])
        if known is None or not known.collection:
            return [(f".{name}", f"tracks no relation of {type_name}")]
        found = _each(self.check(known.type), False)(item) or ()
        return [(f".{name}{where}", what) for where, what in found]

    def _compile(self, type_name: str) -> dict[str, Check]:
        checks: dict[str, Check] = {}
        for owner in reversed(list(self.lineage(type_name))):
            declared = self.declared[owner]
            for name, one in {**declared.navigation, **declared.properties}.items():
                check = self.check(one.type)
                checks[name] = (
                    _each(check, one.nullable)
                    if one.collection
                    else _maybe_null(check, one.nullable)
                )
        self._checks[type_name] = checks
        return checks


def _maybe_null(check: Check, nullable: bool) -> Check:
    def single(value: Any) -> Found | None:
        if value is not None:
            return check(value)
        return None if nullable else [("", "is null and must not be")]

    return single


def _each(check: Check, nullable: bool) -> Check:
    """OData 4.01, 7.1: `nullable` of a collection is said of its items; the collection
    itself is never null."""
    single = _maybe_null(check, nullable)

    def every(value: Any) -> Found | None:
        if type(value) is not list:
            return [("", f"is {_kind(value)} where a collection belongs")]
        found = [
            (f"[{index}]{where}", what)
            for index, item in enumerate(value)
            for where, what in single(item) or ()
        ]
        return found or None

    return every


def _kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__


def _is_no(value: Any, type_name: str) -> str:
    return f"{repr(value)[:60]} ({_kind(value)}) is no {type_name}"

"""Values in a `$filter`: literals, and how a property's value compares with them.

Texts compare without case. Times compare as texts in UTC, whatever their fraction.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

from msgspec import Struct

from provisioner.sandbox.tenant.collection import Kind
from provisioner.sandbox.tenant.filter_words import invalid
from provisioner.sandbox.tenant.refusal import Refusal

Predicate: TypeAlias = Callable[[Any], bool]

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+-]\d\d:\d\d)?)?", re.I
)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CONSTANTS = {"true": True, "false": False, "null": None}
_EDM = {
    "text": "Edm.String",
    "flag": "Edm.Boolean",
    "moment": "Edm.DateTimeOffset",
    "number": "Edm.Int32",
}


class Literal(Struct, frozen=True):
    """A literal and its type; `any` is that of null, which compares with all."""

    value: Any
    type: str

    def fits(self, kind: Kind | None) -> bool:
        """Whether it compares with a property of this kind; None fits all."""
        if kind is None or self.type in ("any", kind):
            return True
        return kind == "text" and self.type == "guid"


def literal(word: str) -> Literal:
    """The literal a word stands for; refuses a word that is none."""
    if word.startswith("'"):
        return Literal(fold(word[1:-1].replace("''", "'")), "text")
    low = word.lower()
    if low in _CONSTANTS:
        return Literal(_CONSTANTS[low], "any" if low == "null" else "flag")
    if _NUMBER.fullmatch(word):
        return Literal(float(word) if "." in word else int(word), "number")
    if _GUID.fullmatch(word):
        return Literal(low, "guid")
    if _DATE.fullmatch(word):
        return Literal(instant(word), "moment")
    raise invalid(f"Invalid filter clause: '{word}' is no value.")


def fold(value: Any) -> Any:
    """A value as it is compared."""
    return value.lower() if isinstance(value, str) else value


def instant(text: str) -> str:
    """A time in UTC, to be compared as text; refuses one that is none."""
    found = _DATE.fullmatch(text)
    if found is None:
        raise invalid(f"Invalid filter clause: '{text}' is no time.")
    day, time, fraction, zone = found.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{time or '00:00:00'}{zone or '+00:00'}")
    except ValueError:
        raise invalid(f"Invalid filter clause: '{text}' is no time.") from None
    whole = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return (whole + (fraction or "")).rstrip("0").rstrip(".") if fraction else whole


def reading(kind: Kind | None, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What gives the value of an entity in the form in which it is compared."""
    if kind in ("flag", "number"):
        return read
    if kind != "moment":
        return lambda one: fold(read(one))

    def moment(one: Any) -> Any:
        text = (read(one) or "").rstrip("Z")
        return (text.rstrip("0").rstrip(".") if "." in text else text) or None

    return moment


def mismatched(kind: str, given: Literal, operator: str) -> Refusal:
    """The refusal of a comparison between two types."""
    left, right = _EDM.get(kind, "Edm.String"), _EDM.get(given.type, "Edm.Guid")
    return Refusal(
        400,
        "Request_BadRequest",
        "A binary operator with incompatible types was detected. Found operand types"
        f" '{left}' and '{right}' for operator kind '{operator}'.",
    )


def ordered(operator: str, value: Callable[[Any], Any], right: Any) -> Predicate:
    """ge, gt, le or lt; nothing is before or behind null."""

    textual = isinstance(right, str)

    def sound(one: Any) -> Any:
        found = value(one)
        return found if isinstance(found, str) == textual else None

    if operator == "ge":
        return lambda one: (found := sound(one)) is not None and found >= right
    if operator == "gt":
        return lambda one: (found := sound(one)) is not None and found > right
    if operator == "le":
        return lambda one: (found := sound(one)) is not None and found <= right
    return lambda one: (found := sound(one)) is not None and found < right

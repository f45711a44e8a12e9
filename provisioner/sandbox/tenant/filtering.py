"""`$filter` on users: parsed into a predicate; what is not offered is refused.

Grammar: or, and, not, parentheses, eq ne ge le gt lt, in, startswith, endswith and
any() over collections. As with the vendor, ne, not and endswith need the eventual index
(`ConsistencyLevel: eventual` with `$count=true`), and texts compare without case.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec import Struct

from provisioner.sandbox.tenant.account import Account, value_of
from provisioner.sandbox.tenant.properties import BY_LOWER, EXTENSION_ATTRIBUTES
from provisioner.sandbox.tenant.refusal import Refusal, unsupported

Value: TypeAlias = Callable[[Any], Any]
Predicate: TypeAlias = Callable[[Any], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[(),:])|(?P<word>[^\s(),:']+"
    r"(?::\d\d:[^\s(),']+)?))"
)
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "ge": lambda left, right: left >= right,
    "le": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "lt": lambda left, right: left < right,
}
_SORTABLE = frozenset({"createdDateTime", "employeeHireDate", "employeeLeaveDateTime"})
_UNFILTERABLE = frozenset(
    {
        "passwordProfile",
        "licenseAssignmentStates",
        "securityIdentifier",
        "streetAddress",
    }
)
_PARTS = {
    ("employeeOrgData", "division"): "division",
    ("employeeOrgData", "costcenter"): "costCenter",
    **{
        ("onPremisesExtensionAttributes", part.lower()): part
        for part in EXTENSION_ATTRIBUTES
    },
}
_CONSTANTS = {"true": True, "false": False, "null": None}


class Filter(Struct, frozen=True):
    """A predicate; `names` are the only user principal names it can be true for."""

    matches: Predicate
    names: tuple[str, ...] | None = None


def _fold(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


class _Parser:
    """Recursive descent over the words of one filter."""

    def __init__(self, text: str, eventual: bool) -> None:
        self.words = self._split(text)
        self.at = 0
        self.eventual = eventual
        self.variable: str | None = None

    @staticmethod
    def _split(text: str) -> list[str]:
        words, at = [], 0
        text = text.strip()
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise _invalid()
            words.append(found.group().strip())
            at = found.end()
        return words

    def peek(self) -> str:
        return self.words[self.at] if self.at < len(self.words) else ""

    def take(self, expected: str = "") -> str:
        word = self.peek()
        if not word or (expected and word.lower() != expected):
            raise _invalid()
        self.at += 1
        return word

    def disjunction(self) -> Predicate:
        parts = [self.conjunction()]
        while self.peek().lower() == "or":
            self.take()
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else lambda one: any(p(one) for p in parts)

    def conjunction(self) -> Predicate:
        parts = [self.unary()]
        while self.peek().lower() == "and":
            self.take()
            parts.append(self.unary())
        return parts[0] if len(parts) == 1 else lambda one: all(p(one) for p in parts)

    def unary(self) -> Predicate:
        word = self.peek().lower()
        if word == "not":
            self.advanced("not")
            self.take()
            inner = self.unary()
            return lambda one: not inner(one)
        if word == "(":
            self.take()
            inner = self.disjunction()
            self.take(")")
            return inner
        if word in ("startswith", "endswith"):
            return self.affix(self.take().lower())
        return self.comparison()

    def affix(self, function: str) -> Predicate:
        if function == "endswith":
            self.advanced("endsWith")
        self.take("(")
        value = self.operand(self.take())
        self.take(",")
        wanted = str(_fold(self.literal()))
        self.take(")")
        if function == "startswith":
            return lambda one: (_fold(value(one)) or "").startswith(wanted)
        return lambda one: (_fold(value(one)) or "").endswith(wanted)

    def comparison(self) -> Predicate:
        path = self.take()
        if path.lower().endswith("/any"):
            return self.any_of(path[:-4])
        value = self.operand(path)
        operator = self.take().lower()
        if operator == "in":
            wanted = self.choices()
            return lambda one: _fold(value(one)) in wanted
        right = _fold(self.literal())
        if operator == "eq":
            return lambda one: bool(_fold(value(one)) == right)
        if operator == "ne":
            self.advanced("ne")
            return lambda one: bool(_fold(value(one)) != right)
        if operator in _ORDER and path in _SORTABLE and isinstance(right, str):
            compare = _ORDER[operator]
            return lambda one: bool(value(one)) and compare(_fold(value(one)), right)
        raise unsupported("Unsupported or invalid query filter clause specified.")

    def any_of(self, path: str) -> Predicate:
        items = self.operand(path, collection=True)
        self.take("(")
        self.variable = self.take()
        self.take(":")
        inner = self.disjunction()
        self.take(")")
        self.variable = None
        return lambda one: any(inner(item) for item in items(one) or ())

    def choices(self) -> frozenset[Any]:
        self.take("(")
        found = [_fold(self.literal())]
        while self.peek() == ",":
            self.take()
            found.append(_fold(self.literal()))
        self.take(")")
        return frozenset(found)

    def operand(self, path: str, *, collection: bool = False) -> Value:
        """What reads the left side from a user, or inside any() from an item."""
        head, _, rest = path.partition("/")
        if self.variable is not None:
            if head != self.variable:
                raise _invalid()
            return (lambda item: item.get(rest)) if rest else (lambda item: item)
        known = BY_LOWER.get(head.lower())
        if known is None or known.name in _UNFILTERABLE:
            raise unsupported(
                f"Unsupported or invalid query filter clause specified for property"
                f" '{head}' of resource 'User'."
            )
        name = known.name
        if (known.kind == "texts") != collection or (known.kind == "complex") != bool(
            rest
        ):
            raise unsupported(f"Property '{name}' cannot be filtered like this.")
        if rest:
            part = _PARTS.get((name, rest.lower()))
            if part is None:
                raise unsupported(f"Property '{path}' does not exist.")
            return lambda one: (value_of(one, name) or {}).get(part)
        return lambda one: value_of(one, name)

    def literal(self) -> Any:
        word = self.take()
        if word.startswith("'"):
            return word[1:-1].replace("''", "'")
        if word.lower() in _CONSTANTS:
            return _CONSTANTS[word.lower()]
        return int(word) if word.isdecimal() else word

    def advanced(self, operator: str) -> None:
        if not self.eventual:
            raise unsupported(
                f"Operator '{operator}' is not supported because the 'ConsistencyLevel:"
                " eventual' header and the '$count=true' parameter are missing."
            )


def _invalid() -> Refusal:
    return Refusal(400, "BadRequest", "Invalid filter clause")


_BY_NAME = re.compile(r"^\s*userPrincipalName\s+(?:eq|in)\s", re.IGNORECASE)


def parse_filter(text: str, *, eventual: bool) -> Filter:
    """The filter as a predicate over accounts; raises the vendor's refusals."""
    parser = _Parser(text, eventual)
    matches: Callable[[Account], bool] = parser.disjunction()
    if parser.peek():
        raise _invalid()
    words = [word.lower() for word in parser.words]
    if _BY_NAME.match(text) and not {"and", "or"} & set(words[2:]):
        names = [w[1:-1].replace("''", "'") for w in parser.words[2:] if w[0] == "'"]
        return Filter(matches, tuple(names))
    return Filter(matches)

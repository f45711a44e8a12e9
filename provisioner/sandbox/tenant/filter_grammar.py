"""The grammar of `$filter`, compiled on the way into one Python predicate.

or · and · not · ( … ) · eq ne ge gt le lt · in ( … ) · startswith · endswith
list/any(x: …) · list/$count eq 0
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provisioner.sandbox.tenant.collection import Collection, Field, Kind
from provisioner.sandbox.tenant.filter_values import (
    Literal,
    Predicate,
    literal,
    mismatched,
    ordered,
    reading,
)
from provisioner.sandbox.tenant.filter_words import Words, invalid
from provisioner.sandbox.tenant.refusal import Refusal, unsupported

MOST_CHOICES = 15
_AFFIXES = ("startswith", "endswith")
_KNOWN_ELSEWHERE = frozenset(
    {"contains", "tolower", "toupper", "length", "substring", "indexof", "trim"}
)
_OPERATORS = {
    "eq": "Equal",
    "ne": "NotEqual",
    "ge": "GreaterThanOrEqual",
    "gt": "GreaterThan",
    "le": "LessThanOrEqual",
    "lt": "LessThan",
}


class Operand:
    """The left side of a comparison: what it reads, and what it may be compared with."""

    def __init__(
        self,
        read: Callable[[Any], Any],
        kind: Kind | None,
        field: Field | None,
        title: str,
    ) -> None:
        self.read = reading(kind, read)
        self.kind = kind
        self.field = field
        self.title = title

    def literal(self, word: str, operator: str) -> Any:
        """The value to compare with; refuses one of another type."""
        given: Literal = literal(word)
        if not given.fits(self.kind):
            raise mismatched(self.kind or "text", given, operator)
        return given.value


class Grammar:
    """Parses one filter over one collection; raises the vendor's refusals."""

    def __init__(self, words: Words, collection: Collection, eventual: bool) -> None:
        self.words = words
        self.collection = collection
        self.eventual = eventual or not collection.index_rules
        # The variable of any(), and the list it runs over.
        self.variable = ""
        self.ranged: Field | None = None

    def whole(self) -> Predicate:
        found = self.disjunction()
        if self.words.peek():
            raise invalid()
        return found

    def disjunction(self) -> Predicate:
        self.words.descend()
        parts = [self.conjunction()]
        while self.words.follows("or"):
            parts.append(self.conjunction())
        self.words.ascend()
        return parts[0] if len(parts) == 1 else _either(parts)

    def conjunction(self) -> Predicate:
        parts = [self.unary()]
        while self.words.follows("and"):
            parts.append(self.unary())
        return parts[0] if len(parts) == 1 else _both(parts)

    def unary(self) -> Predicate:
        words = self.words
        if words.follows("not"):
            self.advanced("not")
            words.descend()
            inner = self.unary()
            words.ascend()
            return lambda one: not inner(one)
        if words.follows("("):
            inner = self.disjunction()
            words.take(")")
            return inner
        word = words.take()
        if words.peek() == "(" and not word.lower().endswith(("/any", "/all")):
            return self.affix(word.lower())
        return self.comparison(word)

    def affix(self, function: str) -> Predicate:
        """startswith or endswith; refuses the functions the directory does not have."""
        if function not in _AFFIXES:
            if function in _KNOWN_ELSEWHERE:
                raise unsupported(f"The function '{function}' is not supported here.")
            raise invalid(f"An unknown function with name '{function}' was found.")
        self.words.take("(")
        operand = self.operand(self.words.take())
        self.words.take(",")
        wanted = operand.literal(self.words.take(), "StartsWith")
        self.words.take(")")
        if not isinstance(wanted, str) or operand.kind not in ("text", None):
            raise invalid(f"'{function}' takes a property and a text.")
        if function == "endswith":
            self.advanced("endsWith")
            if operand.field is not None and not operand.field.ends:
                raise _unfilterable(operand.field.name, self.collection)
        read = operand.read
        if function == "startswith":
            return lambda one: (read(one) or "").startswith(wanted)
        return lambda one: (read(one) or "").endswith(wanted)

    def comparison(self, path: str) -> Predicate:
        low = path.lower()
        if low.endswith("/any"):
            return self.any_of(path[:-4])
        if low.endswith("/all"):
            raise unsupported("The operator 'all' is not supported.")
        if low.endswith("/$count"):
            return self.number_of(path[:-7])
        operand = self.operand(path)
        operator = self.words.take().lower()
        read = operand.read
        if operator == "in":
            wanted = self.choices(operand)
            return lambda one: read(one) in wanted
        if operator not in _OPERATORS:
            raise invalid(f"'{operator}' is no operator.")
        right = operand.literal(self.words.take(), _OPERATORS[operator])
        if operator == "eq":
            return lambda one: bool(read(one) == right)
        if operator == "ne":
            self.advanced("ne")
            return lambda one: bool(read(one) != right)
        if not _sortable(operand, operator):
            raise unsupported("Unsupported or invalid query filter clause specified.")
        return ordered(operator, read, right)

    def any_of(self, path: str) -> Predicate:
        field = self.field(path)
        if field.kind not in ("texts", "items") or self.variable:
            raise unsupported(f"'any' cannot be used on property '{path}'.")
        self.words.take("(")
        self.variable, self.ranged = self.words.take(), field
        if not self.variable.isidentifier():
            raise invalid()
        self.words.take(":")
        inner = self.disjunction()
        self.words.take(")")
        self.variable, self.ranged = "", None
        items = field.read
        return lambda one: any(inner(item) for item in items(one) or ())

    def number_of(self, path: str) -> Predicate:
        """`list/$count eq 0`: the directory knows none or some, never how many."""
        field = self.field(path)
        if field.kind not in ("texts", "items") or self.variable:
            raise unsupported(f"'$count' cannot be used on property '{path}'.")
        self.advanced("$count")
        operator = self.words.take().lower()
        if operator not in ("eq", "ne") or self.words.take() != "0":
            raise unsupported("'$count' can only be compared with eq 0 and ne 0.")
        items = field.read
        if operator == "eq":
            return lambda one: not items(one)
        return lambda one: bool(items(one))

    def choices(self, operand: Operand) -> frozenset[Any]:
        self.words.take("(")
        found = [operand.literal(self.words.take(), "Equal")]
        while self.words.follows(","):
            found.append(operand.literal(self.words.take(), "Equal"))
        self.words.take(")")
        if len(found) > MOST_CHOICES:
            raise Refusal(
                400,
                "Request_UnsupportedQuery",
                "Too many child clauses specified in search filter expression containing"
                f" 'OR' operators: {len(found)}. Max allowed: {MOST_CHOICES}.",
            )
        return frozenset(found)

    def field(self, name: str) -> Field:
        found = self.collection.field(name)
        if found is None or not found.filters:
            raise _unfilterable(name, self.collection)
        return found

    def operand(self, path: str) -> Operand:
        """What reads the left side from an entity, or inside any() from an item."""
        head, _, rest = path.partition("/")
        if self.variable:
            if head != self.variable:
                raise invalid()
            return self.item(rest)
        field = self.field(head)
        if field.kind in ("texts", "items") or (field.kind == "complex") != bool(rest):
            raise unsupported(f"Property '{field.name}' cannot be filtered like this.")
        if not rest:
            return Operand(field.read, field.kind, field, self.collection.title)
        return Operand(_inside(field, rest, path), None, None, self.collection.title)

    def item(self, rest: str) -> Operand:
        """The item of any() itself, or a part of it."""
        field = self.ranged
        assert field is not None  # noqa: S101
        title = self.collection.title
        if field.kind == "texts":
            if rest:
                raise unsupported(f"Property '{field.name}' is a list of texts.")
            return Operand(lambda item: item, "text", field, title)
        if not rest:
            raise unsupported(f"Property '{field.name}' is a list of objects.")
        return Operand(_path(field, rest, rest), None, None, title)

    def advanced(self, operator: str) -> None:
        """Refuse what only the eventual index answers, where it was not asked for."""
        if not self.eventual:
            raise unsupported(
                f"Operator '{operator}' is not supported because the 'ConsistencyLevel:"
                " eventual' header and the '$count=true' parameter are missing."
            )


def _inside(field: Field, rest: str, path: str) -> Callable[[Any], Any]:
    dig, read = _path(field, rest, path), field.read
    return lambda one: dig(read(one) or {})


def _path(field: Field, rest: str, path: str) -> Callable[[Any], Any]:
    """Follows `a/b` below a property whose first part is known."""
    first, *deeper = rest.split("/")
    name = field.part(first)
    if name is None:
        raise unsupported(f"Property '{path}' does not exist.")
    if not deeper:
        return lambda item: item.get(name)

    def dig(item: Any) -> Any:
        for step in (name, *deeper):
            item = (item or {}).get(step)
        return item

    return dig


def _sortable(operand: Operand, operator: str) -> bool:
    """Texts have an order with ge and le alone; flags and lists have none."""
    if operand.kind == "text":
        return operator in ("ge", "le")
    return operand.kind in ("moment", "number", None)


def _either(parts: list[Predicate]) -> Predicate:
    return lambda one: any(part(one) for part in parts)


def _both(parts: list[Predicate]) -> Predicate:
    if len(parts) == 2:
        first, second = parts
        return lambda one: first(one) and second(one)
    return lambda one: all(part(one) for part in parts)


def _unfilterable(name: str, collection: Collection) -> Refusal:
    return unsupported(
        "Unsupported or invalid query filter clause specified for property"
        f" '{name}' of resource '{collection.title}'."
    )

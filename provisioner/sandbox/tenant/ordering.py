"""`$orderby`: which order a collection offers, and entities in that order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct

from provisioner.sandbox.tenant.call import Call
from provisioner.sandbox.tenant.collection import Collection
from provisioner.sandbox.tenant.filter_values import reading
from provisioner.sandbox.tenant.query import unknown_property
from provisioner.sandbox.tenant.refusal import Refusal, unsupported


class Order(Struct, frozen=True):
    """One property to sort by; those without a value come first."""

    read: Callable[[Any], Any]
    descending: bool

    def key(self, one: Any) -> tuple[bool, Any]:
        value = self.read(one)
        return value is not None, value


def orders_of(call: Call, collection: Collection) -> list[Order]:
    """The wished order, empty without one; raises the vendor's refusals.

    Together with `$filter` or `$search` the directory sorts only by its eventual index.
    """
    text = call.options.get("orderby", "").strip()
    if not text:
        return []
    combined = "filter" in call.options or "search" in call.options
    if combined and collection.index_rules and not call.eventual:
        raise unsupported("Sorting not supported for current query.")
    return [_order(part, collection) for part in text.split(",")]


def _order(text: str, collection: Collection) -> Order:
    name, *rest = text.split() or [""]
    direction = rest[0].lower() if rest else "asc"
    if len(rest) > 1 or direction not in ("asc", "desc"):
        raise Refusal(400, "BadRequest", f"Syntax error in '$orderby': '{text}'.")
    field = collection.field(name)
    if field is None:
        raise unknown_property(name, collection)
    if not field.sorts:
        raise unsupported(
            f"Property '{field.name}' of resource '{collection.title}' cannot be sorted"
            " by."
        )
    return Order(reading(field.kind, field.read), direction == "desc")


def in_order(entities: Iterable[Any], orders: list[Order]) -> list[Any]:
    """Entities sorted by all orders, the first of them weighing most."""
    found = list(entities)
    for order in reversed(orders):
        found.sort(key=order.key, reverse=order.descending)
    return found

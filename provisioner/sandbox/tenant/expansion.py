"""`$expand`: related entities inside the rows of an answer.

A module that keeps a relation makes it known: `USERS.relate(Expandable("manager", …))`.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec import Struct

from provisioner.sandbox.tenant.call import Call
from provisioner.sandbox.tenant.collection import Collection, Expandable
from provisioner.sandbox.tenant.query import unknown_property
from provisioner.sandbox.tenant.refusal import Refusal, unsupported
from provisioner.sandbox.tenant.target import plain_name

# The service gives no more than this of a relation to many, and no link to the others.
MOST_EXPANDED = 20
_PART = re.compile(r"\s*(\w+)\s*(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\))?\s*(?:,|$)")


class Expansion(Struct, frozen=True):
    """One relation to follow, with the text of its own `$select`."""

    relation: Expandable
    select: str | None


def expansions_of(call: Call, collection: Collection) -> list[Expansion]:
    """What `$expand` asks for, empty without it; raises the vendor's refusals."""
    text = call.options.get("expand", "").strip()
    if not text:
        return []
    if call.eventual:
        raise unsupported("$expand is not supported with advanced queries.")
    found, at = [], 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise Refusal(400, "BadRequest", f"Syntax error in '$expand': '{text}'.")
        found.append(_expansion(part[1], part[2] or "", collection))
        at = part.end()
    return found


def _expansion(name: str, inside: str, collection: Collection) -> Expansion:
    relation = collection.relations.get(name.lower())
    if relation is None:
        raise unknown_property(name, collection)
    select = None
    for option in filter(None, (one.strip() for one in inside.split(";"))):
        key, _, value = option.partition("=")
        if plain_name(key) == "select":
            select = value
        elif plain_name(key) != "levels":
            raise unsupported(f"'{key}' is not supported inside $expand.")
    return Expansion(relation, select)


def with_expansions(
    call: Call, row: bytes, entity: Any, expansions: list[Expansion]
) -> bytes:
    """A row of JSON with what its relations lead to."""
    for one in expansions:
        relation = one.relation
        rows = relation.follow(call, entity, one.select)
        name = msgspec.json.encode(relation.name)
        if relation.many:
            value = b"[" + b",".join(rows[:MOST_EXPANDED]) + b"]"
        elif rows:
            value = rows[0]
        else:
            continue
        row = row[:-1] + b"," + name + b":" + value + b"}"
    return row

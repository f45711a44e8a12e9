"""What a collection of entities offers to queries: its properties and relations.

`filtering`, `ordering`, `searching`, `expansion` and `listing` work over any entities
that are described like this; `user_collection` is the largest example.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec import Struct

from provisioner.sandbox.tenant.call import Call

# `texts` are strings in a list, `items` objects in a list, `complex` is one object.
Kind: TypeAlias = Literal[
    "text", "flag", "number", "moment", "texts", "items", "complex"
]

# `words`: each word of the value may begin the searched one; `start`: only the value.
Search: TypeAlias = Literal["", "words", "start"]


class Field(Struct, frozen=True):
    """One property: how it is read from an entity, and what a query may do with it.

    `parts` are the names inside `complex` and `items`; empty where any will do. `read`
    gives what the answer shows: times as the vendor writes them, None for no value.
    """

    name: str
    kind: Kind
    read: Callable[[Any], Any]
    parts: tuple[str, ...] = ()
    filters: bool = True
    ends: bool = False
    sorts: bool = False
    search: Search = ""

    def part(self, name: str) -> str | None:
        """The canonical name of a part; None where there is none of this name."""
        if not self.parts:
            return name
        return next((one for one in self.parts if one.lower() == name.lower()), None)


class Expandable(Struct, frozen=True):
    """What `$expand` follows: `follow(call, entity, select)` gives rows of JSON.

    `select` is the text of the inner `$select`, None without one. Of a relation to
    one, an empty sequence leaves the property out.
    """

    name: str
    many: bool
    follow: Callable[[Call, Any, str | None], Sequence[bytes]]


class Collection(Struct, frozen=True):
    """Entities of one type. `type` is the vendor's, as in `microsoft.graph.user`.

    `index_rules`: the rules of the directory hold, by which ne, not, endsWith, `$search`
    and some more need `ConsistencyLevel: eventual`. `elsewhere` are properties (in lower
    case) that exist and that no list gives. `relations` is filled by whoever keeps them.
    """

    type: str
    fields: Mapping[str, Field]
    default: tuple[str, ...]
    index_rules: bool = True
    indexed: frozenset[str] = frozenset()
    elsewhere: frozenset[str] = frozenset()
    relations: dict[str, Expandable] = {}

    @property
    def title(self) -> str:
        """The type as the service writes it in messages: `User`."""
        return self.type[:1].upper() + self.type[1:]

    def field(self, name: str) -> Field | None:
        return self.fields.get(name.lower())

    def relate(self, relation: Expandable) -> None:
        """Let `$expand` follow one relation more."""
        self.relations[relation.name.lower()] = relation

    def row(self, entity: Any, names: tuple[str, ...]) -> bytes:
        """An entity as JSON with the chosen properties."""
        fields = self.fields
        return msgspec.json.encode(
            {name: fields[name.lower()].read(entity) for name in names}
        )


def collection(
    type_name: str,
    fields: Sequence[Field],
    default: tuple[str, ...] = (),
    *,
    index_rules: bool = True,
    indexed: frozenset[str] = frozenset(),
    elsewhere: frozenset[str] = frozenset(),
) -> Collection:
    """A collection of these fields; all of them are given by default where none is."""
    return Collection(
        type=type_name,
        fields={one.name.lower(): one for one in fields},
        default=default or tuple(one.name for one in fields),
        index_rules=index_rules,
        indexed=indexed,
        elsewhere=elsewhere,
        relations={},
    )

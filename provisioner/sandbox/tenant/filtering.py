"""`$filter` over any collection: parsed once into a predicate, refused where not offered.

A collection describes its properties (`collection.Field`) and asks for

    chosen = parse_filter(text, eventual=call.eventual, collection=GROUPS)
    found = [one for one in groups if chosen.matches(one)]

`listing.answer_list` does that together with the other options. As with the vendor,
ne, not, endsWith and `$count` need the eventual index (`ConsistencyLevel: eventual` with
`$count=true`) and texts compare without case. The parser is our own: odata-query 0.10
refuses `startsWith`, `not(…)`, lists of one and `/$count`, which the vendor's pages use.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from provisioner.sandbox.tenant.collection import Collection
from provisioner.sandbox.tenant.filter_grammar import Grammar
from provisioner.sandbox.tenant.filter_values import Predicate
from provisioner.sandbox.tenant.filter_words import Words
from provisioner.sandbox.tenant.user_collection import USERS

__all__ = ["Filter", "Predicate", "parse_filter"]

_REMEMBERED = 256


class Filter(Struct, frozen=True):
    """A predicate. Where `key` is given it can only be true for entities whose property
    of this name has one of `values`, so that an index answers it."""

    matches: Predicate
    key: str = ""
    values: tuple[str, ...] = ()


def parse_filter(
    text: str, *, eventual: bool, collection: Collection = USERS
) -> Filter:
    """The filter as a predicate over entities; raises the vendor's refusals."""
    return _parsed(text, eventual, _Same(collection))


class _Same:
    """A collection as a part of a cache key: there is one of each for good."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection

    def __hash__(self) -> int:
        return id(self.collection)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.collection is self.collection


@lru_cache(_REMEMBERED)
def _parsed(text: str, eventual: bool, same: _Same) -> Filter:
    words = Words(text)
    matches = Grammar(words, same.collection, eventual).whole()
    key, values = _key(words.words, same.collection)
    return Filter(matches, key, values)


def _key(words: list[str], collection: Collection) -> tuple[str, tuple[str, ...]]:
    """The first conjunct that an index answers: `id eq '…'` or `id in ('…', '…')`.

    Only where the filter is nothing but a row of conjuncts.
    """
    low = [word.lower() for word in words]
    if {"or", "not"} & set(low):
        return "", ()
    level = 0
    for at, word in enumerate(low[:-2]):
        level += {"(": 1, ")": -1}.get(word, 0)
        field = collection.field(word)
        starts = level == 0 and (at == 0 or low[at - 1] == "and")
        if field is None or not starts or field.name not in collection.indexed:
            continue
        end = at + 3 if low[at + 1] == "eq" else low.index(")", at)
        texts = tuple(_text(one) for one in words[at + 2 : end] if one[0] == "'")
        if low[at + 1] in ("eq", "in") and texts:
            return field.name, texts
    return "", ()


def _text(word: str) -> str:
    return word[1:-1].replace("''", "'")

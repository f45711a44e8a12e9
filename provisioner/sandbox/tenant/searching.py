"""`$search`: `"displayName:moked"`, combined by AND and OR, over the eventual index.

Source: the vendor's page on the `$search` query parameter. Names are cut into words at
spaces, marks, digits and changes of case; other properties match from their beginning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from provisioner.sandbox.tenant.call import Call
from provisioner.sandbox.tenant.collection import Collection, Field
from provisioner.sandbox.tenant.filter_values import Predicate
from provisioner.sandbox.tenant.refusal import Refusal, unsupported

_CLAUSE = re.compile(r'"((?:[^"\\]|\\.)*)"')
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\da-zA-Z_]+")


def search_of(call: Call, collection: Collection) -> Predicate | None:
    """The predicate of `$search`, None without one; raises the vendor's refusals."""
    text = call.options.get("search")
    if text is None:
        return None
    if call.headers.get("consistencylevel", "").lower() != "eventual":
        raise unsupported(
            "Request with $search query parameter only works through MSGraph with a"
            " special request header: 'ConsistencyLevel: eventual'"
        )
    return _Search(text.strip(), collection).predicate()


class _Search:
    """Reads clauses in quotes with AND and OR between them; AND binds closer."""

    def __init__(self, text: str, collection: Collection) -> None:
        self.text = text
        self.collection = collection

    def predicate(self) -> Predicate:
        alternatives: list[list[Predicate]] = [[]]
        at, joined = 0, True
        while at < len(self.text):
            found = _CLAUSE.match(self.text, at)
            joint = re.match(r"\s*(AND|OR)?\s*", self.text[at:])
            if found and joined:
                alternatives[-1].append(self.clause(found[1]))
                at, joined = found.end(), False
            elif joint and joint[0] and not joined:
                if joint[1] == "OR":
                    alternatives.append([])
                at, joined = at + len(joint[0]), True
            else:
                raise self.wrong(at)
        if joined:
            raise self.wrong(at)
        return lambda one: any(all(p(one) for p in row) for row in alternatives)

    def clause(self, text: str) -> Predicate:
        name, colon, wanted = text.partition(":")
        if not colon:
            raise self.wrong(0)
        field = self.collection.field(name.strip())
        if field is None or not field.search:
            raise unsupported(
                f"Property '{name}' of resource '{self.collection.title}' is not"
                " searchable."
            )
        return _matching(field, wanted.replace('\\"', '"').strip())

    def wrong(self, at: int) -> Refusal:
        sign = self.text[at : at + 1]
        if not sign.startswith('"') and ":" in self.text:
            at = self.text.index(":")
            sign = ":"
        return Refusal(
            400,
            "BadRequest",
            f"Syntax error: character '{sign}' is not valid at position {at} in"
            f" '{self.text}'.",
        )


def _matching(field: Field, wanted: str) -> Predicate:
    read = field.read
    if field.search == "words":
        sought = words_of(wanted)
        return lambda one: _begins(words_of(read(one) or ""), sought)
    start = wanted.lower()
    if field.kind == "texts":
        return lambda one: any(v.lower().startswith(start) for v in read(one) or ())
    return lambda one: (read(one) or "").lower().startswith(start)


def _begins(words: tuple[str, ...], sought: tuple[str, ...]) -> bool:
    """Whether each sought word begins one of the words."""
    starts: Callable[[Any], bool] = lambda one: any(w.startswith(one) for w in words)  # noqa: E731
    return bool(sought) and all(map(starts, sought))


@lru_cache(200_000)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a name in lower case, as the index keeps them."""
    return tuple(word.lower() for word in _WORD.findall(text))

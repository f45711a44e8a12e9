"""The answer to `GET` on a collection: every query option, over any kind of entity.

    def list_groups(call):
        return answer_list(call, GROUPS, groups, path="groups")

`entities` are in list order; that of a token is the place behind the last one given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.collection import Collection
from provisioner.sandbox.tenant.expansion import expansions_of, with_expansions
from provisioner.sandbox.tenant.filter_values import Predicate
from provisioner.sandbox.tenant.filtering import parse_filter
from provisioner.sandbox.tenant.ordering import in_order, orders_of
from provisioner.sandbox.tenant.query import (
    link,
    page,
    page_size,
    page_start,
    refuse_options,
    refuse_unknown_options,
    selected,
)
from provisioner.sandbox.tenant.refusal import Refusal, bad_request
from provisioner.sandbox.tenant.searching import search_of

Rows = Callable[[list[Any], tuple[str, ...]], list[bytes]]


def answer_list(
    call: Call,
    collection: Collection,
    entities: Iterable[Any],
    *,
    path: str,
    context: str = "",
    rows: Rows | None = None,
) -> Answer:
    """A page of those entities that the options ask for; raises the vendor's refusals.

    `path` is that of the links, without `/v1.0`; `context` is the entity set announced,
    where the path does not tell it; `rows(entities, names)` gives their JSON, where it
    is kept somewhere.
    """
    refuse_unknown_options(call)
    refuse_options(call, "skip")
    names = selected(call.options.get("select"), collection.default, collection)
    size, start = page_size(call.options.get("top")), page_start(call)
    expansions = expansions_of(call, collection)
    orders = orders_of(call, collection)
    wanted: Iterable[Any] = chosen(call, collection, entities)
    counted = counts(call, collection) and not start
    if orders or counted:
        wanted = in_order(wanted, orders)
    total = len(wanted) if isinstance(wanted, list) else None
    shown = list(islice(wanted, start, start + size + 1))
    here = shown[:size]
    made = rows(here, names) if rows else [collection.row(one, names) for one in here]
    if expansions:
        made = [
            with_expansions(call, row, one, expansions)
            for row, one in zip(made, here, strict=True)
        ]
    return page(
        call,
        context_of(call, context or path, names),
        made,
        here=link(call, path, start),
        following=link(call, path, start + size) if len(shown) > size else None,
        count=total if counted else None,
    )


def answer_count(call: Call, collection: Collection, entities: Iterable[Any]) -> Answer:
    """The bare number of `/$count`; the directory gives it by its eventual index only."""
    eventual = call.headers.get("consistencylevel", "").lower() == "eventual"
    if collection.index_rules and not eventual:
        raise bad_request("$count is not currently supported.")
    refuse_unknown_options(call)
    number = sum(1 for _ in chosen(call, collection, entities, advanced=True))
    return Answer(200, str(number).encode(), content_type="text/plain")


def chosen(
    call: Call,
    collection: Collection,
    entities: Iterable[Any],
    *,
    advanced: bool = False,
) -> Iterable[Any]:
    """The entities that `$filter` and `$search` let through."""
    for predicate in predicates(call, collection, advanced=advanced):
        entities = filter(predicate, entities)
    return entities


def predicates(
    call: Call, collection: Collection, *, advanced: bool = False
) -> list[Predicate]:
    """What `$filter` and `$search` ask of an entity."""
    found = []
    if "filter" in call.options:
        text = call.options["filter"]
        eventual = advanced or call.eventual
        found.append(
            parse_filter(text, eventual=eventual, collection=collection).matches
        )
    search = search_of(call, collection)
    if search is not None:
        found.append(search)
    return found


def counts(call: Call, collection: Collection) -> bool:
    """Whether `$count=true` shall be answered; the directory ignores it otherwise."""
    text = call.options.get("count", "").lower()
    if text not in ("", "true", "false"):
        raise Refusal(400, "BadRequest", f"Invalid value '{text}' for $count.")
    return text == "true" and (call.eventual or not collection.index_rules)


def context_of(call: Call, what: str, names: tuple[str, ...]) -> str:
    """The entity set as `@odata.context` names it, with the properties selected."""
    return f"{what}({','.join(names)})" if "select" in call.options else what

"""`/users`: list, count and read; `user_writes` creates, changes and deletes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain, islice

import msgspec

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.expansion import expansions_of, with_expansions
from provisioner.sandbox.tenant.filtering import Predicate, parse_filter
from provisioner.sandbox.tenant.listing import (
    answer_count,
    answer_list,
    chosen,
    context_of,
    counts,
    predicates,
)
from provisioner.sandbox.tenant.query import (
    link,
    page,
    page_size,
    page_start,
    refuse_options,
    refuse_unknown_options,
    selected,
)
from provisioner.sandbox.tenant.refusal import not_found
from provisioner.sandbox.tenant.replica import Reader
from provisioner.sandbox.tenant.user_collection import USERS


def found_user(call: Call, key: str | None = None) -> Account:
    """The live user of the path as a replica shows it; refuses with 404."""
    key = call.params[0] if key is None else key
    account = call.reader.find(key)
    if account is None:
        raise not_found(key)
    return account


def current(call: Call, account: Account) -> Account:
    """The newest version of what a replica showed, for writing."""
    newest = call.directory.accounts.get(account.id)
    if newest is None or newest.deleted is not None:
        raise not_found(account.id)
    return newest


def list_users(call: Call) -> Answer:
    """A page of users. Its token names the last one given, so that a user deleted in
    between makes nobody disappear; an order of the caller's has places instead."""
    refuse_unknown_options(call)
    reader, after = call.reader, page_start(call)
    if "orderby" in call.options:
        return answer_list(
            call, USERS, _candidates(call, reader, 0), path="users", rows=_rows(call)
        )
    refuse_options(call, "skip")
    names = selected(call.options.get("select"))
    size = page_size(call.options.get("top"))
    expansions = expansions_of(call, USERS)
    tests = predicates(call, USERS)
    counted = counts(call, USERS) and not after
    projection = call.directory.projection(names)
    if tests or expansions:
        accounts, more = _matching(_candidates(call, reader, after), tests, size)
        rows = reader.rows(accounts, projection)
        last = accounts[-1].seq if accounts else after
        rows = [
            with_expansions(call, row, account, expansions)
            for row, account in zip(rows, accounts, strict=True)
        ]
    else:
        rows, last, more = reader.page(after, size, projection)
    return page(
        call,
        context_of(call, "users", names),
        rows,
        here=link(call, "users", after),
        following=link(call, "users", last) if more else None,
        count=_count(call, reader) if counted else None,
    )


def _rows(call: Call) -> Callable[[list[Account], tuple[str, ...]], list[bytes]]:
    return lambda accounts, names: [
        call.directory.projection(names).fresh(one) for one in accounts
    ]


def _count(call: Call, reader: Reader) -> int:
    if not predicates(call, USERS) and not call.directory.history:
        return len(call.directory.ids)
    return sum(1 for _ in chosen(call, USERS, _candidates(call, reader, 0)))


def _candidates(call: Call, reader: Reader, after: int) -> Iterable[Account]:
    """Those who may match the filter, in list order: all, or whom an index names."""
    text = call.options.get("filter")
    wanted = parse_filter(text, eventual=True) if text is not None else None
    if wanted is None or not wanted.key:
        return reader.live(after)
    named: Iterable[Account | None]
    if wanted.key == "employeeId":
        named = chain.from_iterable(map(reader.employed, wanted.values))
    else:
        named = map(reader.find, wanted.values)
    found = {a.id: a for a in named if a is not None and a.seq > after}
    return sorted(found.values(), key=lambda account: account.seq)


def _matching(
    candidates: Iterable[Account], tests: list[Predicate], size: int
) -> tuple[list[Account], bool]:
    for test in tests:
        candidates = filter(test, candidates)
    found = list(islice(candidates, size + 1))
    return found[:size], len(found) > size


def count_users(call: Call) -> Answer:
    return answer_count(call, USERS, _candidates(call, call.reader, 0))


def read_one(call: Call) -> Answer:
    refuse_unknown_options(call)
    names = selected(call.options.get("select"))
    expansions = expansions_of(call, USERS)
    account = found_user(call)
    row = call.directory.projection(names).fresh(account)
    row = with_expansions(call, row, account, expansions)
    return Answer(200, entity(call, f"{context_of(call, 'users', names)}/$entity", row))


def entity(call: Call, what: str, row: bytes, kind: str = "") -> bytes:
    """One object that is JSON already, with its context and, if given, its type."""
    head = {"@odata.context": call.context(what)}
    if kind:
        head["@odata.type"] = f"#microsoft.graph.{kind}"
    return msgspec.json.encode(head)[:-1] + b"," + row[1:]

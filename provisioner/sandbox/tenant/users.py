"""`/users`: list, count and read; `user_writes` creates, changes and deletes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import msgspec

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.filtering import Filter, parse_filter
from provisioner.sandbox.tenant.query import (
    link,
    page,
    page_size,
    page_start,
    refuse_options,
    selected,
)
from provisioner.sandbox.tenant.refusal import (
    bad_request,
    not_found,
)
from provisioner.sandbox.tenant.replica import Reader


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
    refuse_options(call, "expand", "orderby", "search", "skip")
    names = selected(call.options.get("select"))
    size = page_size(call.options.get("top"))
    after = page_start(call)
    reader = call.reader
    projection = call.directory.projection(names)
    matches: Callable[[Account], bool] | None = None
    if "filter" in call.options:
        chosen = parse_filter(call.options["filter"], eventual=call.eventual)
        matches = chosen.matches
        accounts, more = _matching(reader, chosen, after, size)
        rows = reader.rows(accounts, projection)
        last = accounts[-1].seq if accounts else after
    else:
        rows, last, more = reader.page(after, size, projection)
    counted = call.eventual and not after
    return page(
        call,
        _users_context(call, names),
        rows,
        here=link(call, "users", after),
        following=link(call, "users", last) if more else None,
        count=_count(reader, matches) if counted else None,
    )


def _count(reader: Reader, matches: Callable[[Account], bool] | None) -> int:
    return sum(1 for account in reader.live(0) if matches is None or matches(account))


def _matching(
    reader: Reader, chosen: Filter, after: int, size: int
) -> tuple[list[Account], bool]:
    if chosen.names is not None:
        named = {a.id: a for a in map(reader.find, chosen.names) if a is not None}
        candidates = sorted(
            (a for a in named.values() if a.seq > after), key=lambda a: a.seq
        )
    else:
        candidates = reader.live(after)  # type: ignore[assignment]
    found = list(islice(filter(chosen.matches, candidates), size + 1))
    return found[:size], len(found) > size


def _users_context(call: Call, names: tuple[str, ...]) -> str:
    return f"users({','.join(names)})" if "select" in call.options else "users"


def count_users(call: Call) -> Answer:
    if call.headers.get("consistencylevel", "").lower() != "eventual":
        raise bad_request("$count is not currently supported.")
    text = call.options.get("filter")
    matches = parse_filter(text, eventual=True).matches if text is not None else None
    number = _count(call.reader, matches)
    return Answer(200, str(number).encode(), content_type="text/plain")


def read_one(call: Call) -> Answer:
    refuse_options(call, "expand")
    names = selected(call.options.get("select"))
    account = found_user(call)
    row = call.directory.projection(names).fresh(account)
    return Answer(200, entity(call, f"{_users_context(call, names)}/$entity", row))


def entity(call: Call, what: str, row: bytes, kind: str = "") -> bytes:
    """One object that is JSON already, with its context and, if given, its type."""
    head = {"@odata.context": call.context(what)}
    if kind:
        head["@odata.type"] = f"#microsoft.graph.{kind}"
    return msgspec.json.encode(head)[:-1] + b"," + row[1:]

"""`/users/delta`: a first snapshot page by page, then what changed since a token."""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from provisioner.sandbox.tenant.account import Account, value_of
from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.changes import EVERYTHING, WEEK, Change
from provisioner.sandbox.tenant.properties import DEFAULT_SET
from provisioner.sandbox.tenant.query import (
    LARGEST_PAGE,
    page,
    refuse_options,
    seal,
    selected,
    unseal,
)
from provisioner.sandbox.tenant.refusal import Refusal
from provisioner.sandbox.tenant.replica import Reader

_PAGE = 200
_MAXIMUM = re.compile(r"odata\.maxpagesize\s*=\s*(\d+)", re.IGNORECASE)


class DeltaToken(Struct, frozen=True):
    """Where a reader stands. `after` counts users in a snapshot, -1 behind it;
    `position` is that in the change log; `issued` is when its round began."""

    names: tuple[str, ...]
    position: int
    issued: float
    after: int = -1


def users_delta(call: Call) -> Answer:
    refuse_options(call, "top", "expand", "orderby", "search", "skip", "filter")
    directory = call.directory
    # The slowest replica: a token must never stand behind a change not yet shown.
    reader = Reader(directory, call.now, 1.0)
    text = call.options.get("skiptoken") or call.options.get("deltatoken")
    if text and text.lower() != "latest":
        token = unseal(text, DeltaToken)
        if call.now - token.issued > WEEK or token.position < directory.log.base:
            raise expired(call)
    else:
        names = selected(call.options.get("select"), DEFAULT_SET)
        directory.log.watched = True
        after = -1 if text else 0
        token = DeltaToken(names, directory.log.position(call.now), call.now, after)
        if text:
            return _answer(call, token, token, [])
    if token.after >= 0:
        return _snapshot(call, reader, token)
    return _changes(call, reader, token)


def expired(call: Call) -> Refusal:
    """410: start again; the Location header tells where."""
    return Refusal(
        410,
        "syncStateNotFound",
        "The sync state generation is not found; the delta token has expired. Start a"
        " full synchronization.",
        headers={"Location": f"{call.origin}/v1.0/users/delta?$deltatoken="},
    )


def _size(call: Call) -> int:
    asked = _MAXIMUM.search(call.headers.get("prefer", ""))
    return min(max(int(asked[1]), 1), LARGEST_PAGE) if asked else _PAGE


def _snapshot(call: Call, reader: Reader, token: DeltaToken) -> Answer:
    accounts, more = reader.window(token.after, _size(call))
    names = tuple(dict.fromkeys((*token.names, "id")))
    rows = [_row(account, names, ()) for account in accounts]
    after = accounts[-1].seq if more else -1
    return _answer(call, token, msgspec.structs.replace(token, after=after), rows)


def _changes(call: Call, reader: Reader, token: DeltaToken) -> Answer:
    """Everything changed since the token; one row for a user, whatever happened to it.

    The round is cut after a page full of changes; a user changed again behind the cut
    comes again, as with the service.
    """
    log = reader.directory.log
    position, changes = log.since(token.position, call.now)
    changes = changes[: _size(call)]
    new = DeltaToken(token.names, token.position + len(changes), call.now)
    rows = [
        row
        for identifier, touched in _by_user(changes).items()
        if (row := _changed_row(call, reader, identifier, touched, token.names))
    ]
    return _answer(call, token, new, rows, more=new.position < position)


def _by_user(changes: list[Change]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for change in changes:
        found.setdefault(change.id, set()).update(change.names)
    return found


def _changed_row(
    call: Call,
    reader: Reader,
    identifier: str,
    touched: set[str],
    names: tuple[str, ...],
) -> bytes:
    """The row of one user; empty when nothing selected was touched."""
    account = reader.version(identifier)
    if account is None or account.deleted is not None:
        reason = "deleted" if account is None else "changed"
        return msgspec.json.encode({"id": identifier, "@removed": {"reason": reason}})
    everything = EVERYTHING[0] in touched
    known = tuple(name for name in names if everything or name in touched)
    if not known:
        return b""
    minimal = "return=minimal" in call.headers.get("prefer", "").lower()
    shown = known if minimal else names
    cleared = () if everything else known
    return _row(account, (*(n for n in shown if n != "id"), "id"), cleared)


def _row(account: Account, names: tuple[str, ...], touched: tuple[str, ...]) -> bytes:
    """A user without the properties that are not set, unless they were just cleared."""
    row = {}
    for name in names:
        value = value_of(account, name)
        if name in touched or value not in (None, [], ()):
            row[name] = value
    return msgspec.json.encode(row)


def _answer(
    call: Call,
    token: DeltaToken,
    new: DeltaToken,
    rows: list[bytes],
    *,
    more: bool = False,
) -> Answer:
    base = f"{call.origin}/v1.0/users/delta?"
    has_next = more or new.after >= 0
    return page(
        call,
        "users",
        rows,
        here=f"{base}$skiptoken={seal(token)}",
        following=f"{base}{'$skiptoken' if has_next else '$deltatoken'}={seal(new)}",
        relation="nextLink" if has_next else "deltaLink",
    )

"""Delta queries: a first snapshot page by page, then what changed since a token.

What users and groups have in common is in `answer_delta`; `users_delta` is that of users.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

import msgspec
from msgspec import Struct

from provisioner.sandbox.tenant.account import Account, value_of
from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.changes import EVERYTHING, WEEK, Change, ChangeLog
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
    """Where a reader stands. `after` counts objects in a snapshot, -1 behind it;
    `position` is that in the change log; `issued` is when its round began."""

    names: tuple[str, ...]
    position: int
    issued: float
    after: int = -1


class Tracked(Protocol):
    """What a delta query is about: its log, its objects, and how they are written."""

    path: str
    log: ChangeLog

    def names(self, call: Call) -> tuple[str, ...]:
        """The properties to track, by `$select`; refuses unknown ones."""

    def snapshot(
        self, names: tuple[str, ...], after: int, size: int
    ) -> tuple[list[bytes], int]:
        """Rows behind the place `after`, and the place of the last; -1 when no more
        come."""

    def changed(self, changes: list[Change], names: tuple[str, ...]) -> bytes:
        """The row of an object after its changes; empty when nothing tracked is
        touched."""


def answer_delta(call: Call, what: Tracked) -> Answer:
    """The page of a round that the call's token, or its lack of one, asks for."""
    refuse_options(call, "top", "expand", "orderby", "search", "skip", "filter")
    text = call.options.get("skiptoken") or call.options.get("deltatoken")
    if text and text.lower() != "latest":
        token = unseal(text, DeltaToken)
        if call.now - token.issued > WEEK or token.position < what.log.base:
            raise expired(call, what.path)
    else:
        what.log.watched = True
        after = -1 if text else 0
        position = what.log.position(call.now)
        token = DeltaToken(what.names(call), position, call.now, after)
        if text:
            return _answer(call, what, token, token, [])
    if token.after >= 0:
        rows, after = what.snapshot(token.names, token.after, _size(call))
        new = msgspec.structs.replace(token, after=after)
        return _answer(call, what, token, new, rows)
    return _changes(call, what, token)


def expired(call: Call, path: str = "users") -> Refusal:
    """410: start again; the Location header tells where."""
    return Refusal(
        410,
        "syncStateNotFound",
        "The sync state generation is not found; the delta token has expired. Start a"
        " full synchronization.",
        headers={"Location": f"{call.origin}/v1.0/{path}/delta?$deltatoken="},
    )


def _size(call: Call) -> int:
    asked = _MAXIMUM.search(call.headers.get("prefer", ""))
    return min(max(int(asked[1]), 1), LARGEST_PAGE) if asked else _PAGE


def _changes(call: Call, what: Tracked, token: DeltaToken) -> Answer:
    """Everything changed since the token; one row for an object, whatever happened to
    it.

    The round is cut after a page full of changes; an object changed again behind the cut
    comes again, as with the service.
    """
    position, changes = what.log.since(token.position, call.now)
    changes = changes[: _size(call)]
    new = DeltaToken(token.names, token.position + len(changes), call.now)
    rows = [
        row for some in _by_object(changes) if (row := what.changed(some, token.names))
    ]
    return _answer(call, what, token, new, rows, more=new.position < position)


def _by_object(changes: list[Change]) -> Iterable[list[Change]]:
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.id, []).append(change)
    return found.values()


def _answer(
    call: Call,
    what: Tracked,
    token: DeltaToken,
    new: DeltaToken,
    rows: list[bytes],
    *,
    more: bool = False,
) -> Answer:
    base = f"{call.origin}/v1.0/{what.path}/delta?"
    has_next = more or new.after >= 0
    return page(
        call,
        what.path,
        rows,
        here=f"{base}$skiptoken={seal(token)}",
        following=f"{base}{'$skiptoken' if has_next else '$deltatoken'}={seal(new)}",
        relation="nextLink" if has_next else "deltaLink",
    )


def removed(identifier: str, *, for_good: bool) -> bytes:
    """The row of an object that is gone: `changed` where it can be restored."""
    reason = "deleted" if for_good else "changed"
    return msgspec.json.encode({"id": identifier, "@removed": {"reason": reason}})


def shown_names(
    call: Call, changes: list[Change], names: tuple[str, ...]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What of `names` a row shows after changes, and what of it may have been cleared.

    All that is tracked, or only what was touched with `Prefer: return=minimal`; nothing
    when nothing tracked was touched.
    """
    touched = {name for change in changes for name in change.names}
    if EVERYTHING[0] in touched:
        return names, ()
    known = tuple(name for name in names if name in touched)
    minimal = "return=minimal" in call.headers.get("prefer", "").lower()
    return (known if minimal or not known else names), known


def users_delta(call: Call) -> Answer:
    return answer_delta(call, _Users(call))


class _Users:
    path = "users"

    def __init__(self, call: Call) -> None:
        self.call = call
        self.log = call.directory.log
        # The slowest replica: a token must never stand behind a change not yet shown.
        self.reader = Reader(call.directory, call.now, 1.0)

    def names(self, call: Call) -> tuple[str, ...]:
        return selected(call.options.get("select"), DEFAULT_SET)

    def snapshot(
        self, names: tuple[str, ...], after: int, size: int
    ) -> tuple[list[bytes], int]:
        accounts, more = self.reader.window(after, size)
        names = tuple(dict.fromkeys((*names, "id")))
        rows = [_row(account, names, ()) for account in accounts]
        return rows, accounts[-1].seq if more else -1

    def changed(self, changes: list[Change], names: tuple[str, ...]) -> bytes:
        identifier = changes[0].id
        account = self.reader.version(identifier)
        if account is None or account.deleted is not None:
            return removed(identifier, for_good=account is None)
        shown, cleared = shown_names(self.call, changes, names)
        if not shown:
            return b""
        return _row(account, (*(n for n in shown if n != "id"), "id"), cleared)


def _row(account: Account, names: tuple[str, ...], touched: tuple[str, ...]) -> bytes:
    """A user without the properties that are not set, unless they were just cleared."""
    row = {}
    for name in names:
        value = value_of(account, name)
        if name in touched or value not in (None, [], ()):
            row[name] = value
    return msgspec.json.encode(row)

"""Reading the mailboxes that people left behind: from Exchange, or what Graph shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec import Struct

from provisioner.kind import Providers
from provisioner.kinds.mailbox.handover import LeftBehind
from provisioner.kinds.mailbox.replies import reply_text
from provisioner.kinds.mailbox.settings_read import NO_MAILBOX
from provisioner.kinds.mailbox.spec import Handover
from provisioner.providers.graph.calls import get_mailbox_settings
from provisioner.providers.graph.exchange import ExchangeGateway, Result
from provisioner.providers.graph.exchange_command import (
    Command,
    get_full_access,
    get_mailbox,
    get_reply,
    get_statistics,
)
from provisioner.providers.graph.exchange_faults import NOT_FOUND
from provisioner.providers.graph.exchange_wire import (
    SELF,
    MailboxRow,
    ReplyRow,
    decode_access,
    decode_mailbox,
    decode_reply,
    decode_statistics,
)

_MAILBOX, _ACCESS, _REPLY, _SIZE = "mailbox", "access", "reply", "size"


class Asked(Struct, frozen=True):
    """A mailbox to look at; `seat_due` where its licence would be taken away now."""

    key: str
    object_id: str
    seat_due: bool = False


async def read_left_behind(
    asked: Sequence[Asked], providers: Providers
) -> dict[str, LeftBehind]:
    """What was left behind, by key; a read that fails says so in its `reason`.

    With Exchange everything; the directory is asked besides, where a seat is due, whether
    it knows of a shared mailbox. Without Exchange only what Graph shows: whether it is
    shared, and the automatic reply.
    """
    if not asked:
        return {}
    if providers.exchange is None:
        return await _by_graph(asked, providers)
    found = await _by_exchange(asked, providers.exchange)
    due = [
        one
        for one in asked
        if one.seat_due and (seen := found[one.key].handover) and seen.shared
    ]
    for key, shown in (await _by_graph(due, providers)).items():
        found[key] = msgspec.structs.replace(
            found[key], known_shared=shown.known_shared, reason=shown.reason
        )
    return found


@dataclass
class _Parts:
    row: MailboxRow | None = None
    readers: list[str] = field(default_factory=list)
    reply: str = ""
    size: int | None = None
    gone: bool = False
    reason: str = ""

    def left_behind(self) -> LeftBehind:
        if self.gone:
            return LeftBehind()
        if self.row is None or self.reason:
            return LeftBehind(reason=self.reason or "Exchange answered nothing")
        handover = Handover(
            self.row.hidden_from_address_lists_enabled,
            self.row.recipient_type_details == "SharedMailbox",
            tuple(sorted(self.readers)),
            self.reply,
        )
        return LeftBehind(handover, size=self.size)


async def _by_exchange(
    asked: Sequence[Asked], exchange: ExchangeGateway
) -> dict[str, LeftBehind]:
    parts = {one.key: _Parts() for one in asked}
    async for result in exchange.run(_questions(asked)):
        what, _, key = result.id.partition(" ")
        _take(parts[key], what, result)
    return {key: one.left_behind() for key, one in parts.items()}


def _questions(asked: Iterable[Asked]) -> Iterable[Command]:
    for one in asked:
        yield get_mailbox(f"{_MAILBOX} {one.key}", one.object_id)
        yield get_full_access(f"{_ACCESS} {one.key}", one.object_id)
        yield get_reply(f"{_REPLY} {one.key}", one.object_id)
        if one.seat_due:
            yield get_statistics(f"{_SIZE} {one.key}", one.object_id)


def _take(parts: _Parts, what: str, result: Result) -> None:
    if result.error is not None:
        if result.error.code == NOT_FOUND:
            parts.gone = True
        else:
            parts.reason = str(result.error)
        return
    try:
        for row in result.rows:
            _take_row(parts, what, row)
    except msgspec.DecodeError as error:
        parts.reason = f"unreadable answer ({error})"


def _take_row(parts: _Parts, what: str, row: msgspec.Raw) -> None:
    if what == _MAILBOX:
        parts.row = decode_mailbox(row)
    elif what == _REPLY:
        parts.reply = _text(decode_reply(row))
    elif what == _SIZE:
        parts.size = decode_statistics(row).bytes
        if parts.size is None:
            parts.reason = "the size of the mailbox could not be understood"
    else:
        access = decode_access(row)
        own = not access.is_inherited and not access.deny and access.user != SELF
        if own and "FullAccess" in access.access_rights:
            parts.readers.append(access.user.lower())


def _text(reply: ReplyRow) -> str:
    if reply.auto_reply_state == "Disabled":
        return ""
    return reply_text(reply.external_message or reply.internal_message or "")


class _Reply(Struct, frozen=True, rename="camel"):
    status: str = "disabled"
    external_reply_message: str | None = None


class _Shown(Struct, frozen=True, rename="camel"):
    user_purpose: str | None = None
    automatic_replies_setting: _Reply = _Reply()


_decode_shown = msgspec.json.Decoder(_Shown).decode


async def _by_graph(
    asked: Sequence[Asked], providers: Providers
) -> dict[str, LeftBehind]:
    found = {}
    calls = [get_mailbox_settings(one.key, one.object_id) for one in asked]
    async for reply in providers.directory.batch(calls):
        if reply.error is None:
            found[reply.id] = _as_shown(reply.body)
        elif reply.error.code in NO_MAILBOX:
            found[reply.id] = LeftBehind()
        else:
            found[reply.id] = LeftBehind(reason=str(reply.error))
    return found


def _as_shown(body: msgspec.Raw) -> LeftBehind:
    try:
        shown = _decode_shown(body)
    except msgspec.DecodeError as error:
        return LeftBehind(reason=f"the settings could not be understood: {error}")
    reply = shown.automatic_replies_setting
    text = reply_text(reply.external_reply_message or "")
    shared = shown.user_purpose == "shared"
    handover = Handover(
        shared=shared, auto_reply="" if reply.status == "disabled" else text
    )
    return LeftBehind(handover, known_shared=shared)

"""Reading shared mailboxes: from Exchange what it alone knows, from Graph their users."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from provisioner.kind import Providers
from provisioner.kinds.mailbox.replies import reply_text
from provisioner.kinds.mailbox.spec import read_mark as read_mailbox_mark
from provisioner.kinds.shared_mailbox.spec import (
    FULL_ACCESS,
    SEND_AS,
    SharedMailboxSpec,
    exchange_name,
    mark_of,
    read_mark,
)
from provisioner.model.cluster import Tenant
from provisioner.model.resource import Observed
from provisioner.providers.graph.calls import get_user
from provisioner.providers.graph.exchange import ExchangeGateway
from provisioner.providers.graph.exchange_command import (
    Command,
    get_full_access,
    get_reply,
    get_send_as,
)
from provisioner.providers.graph.exchange_wire import (
    SELF,
    MailboxRow,
    decode_access,
    decode_reply,
    decode_trustee,
    secondary,
)
from provisioner.providers.graph.wire import User, decode_user

_ACCESS, _TRUST, _REPLY = "access", "trust", "reply"


class Parts:
    """What was read of mailboxes by their object id, and why some could not be."""

    def __init__(self) -> None:
        self.users: dict[str, User] = {}
        self.members: dict[str, dict[str, set[str]]] = defaultdict(dict)
        self.replies: dict[str, str] = {}
        self.failed: dict[str, str] = {}


async def read_users(
    identities: Iterable[str], providers: Providers, parts: Parts
) -> None:
    """The users behind mailboxes, by what they were asked for with (id or name)."""
    async for reply in providers.directory.batch(
        get_user(one, one) for one in dict.fromkeys(identities)
    ):
        if reply.error is None:
            parts.users[reply.id] = decode_user(reply.body)
        elif reply.error.status != 404:
            parts.failed[reply.id] = str(reply.error)


async def read_parts(
    rows: Sequence[MailboxRow],
    tenant: Tenant,
    exchange: ExchangeGateway,
    providers: Providers,
) -> Parts:
    """Users, rights and replies of mailboxes, in batches; a failure is that mailbox's.

    Of a person's, made shared when the person left, only the user: the rest is not ours.
    """
    parts = Parts()
    ids = [row.external_directory_object_id for row in rows]
    await read_users(ids, providers, parts)
    for one in ids:
        if one not in parts.users:
            parts.failed.setdefault(one, "its user cannot be seen in the directory yet")
    of_nobody = [
        one
        for one in ids
        if one in parts.users and not is_a_persons(parts.users[one], tenant)
    ]
    async for result in exchange.run(_questions(of_nobody)):
        what, _, one = result.id.partition(" ")
        if result.error is not None:
            parts.failed[one] = str(result.error)
            continue
        try:
            _take(parts, what, one, result.rows)
        except msgspec.DecodeError as error:
            parts.failed[one] = f"unreadable answer ({error})"
    return parts


def _questions(ids: Iterable[str]) -> Iterable[Command]:
    for one in ids:
        yield get_full_access(f"{_ACCESS} {one}", one)
        yield get_send_as(f"{_TRUST} {one}", one)
        yield get_reply(f"{_REPLY} {one}", one)


def _take(parts: Parts, what: str, one: str, rows: Sequence[msgspec.Raw]) -> None:
    if what == _REPLY:
        for reply in map(decode_reply, rows):
            on = reply.auto_reply_state != "Disabled"
            page = reply.external_message or reply.internal_message or ""
            parts.replies[one] = reply_text(page) if on else ""
    elif what == _ACCESS:
        for access in map(decode_access, rows):
            own = not access.is_inherited and not access.deny
            if own and "FullAccess" in access.access_rights:
                _add(parts, one, access.user, FULL_ACCESS)
    else:
        for trustee in map(decode_trustee, rows):
            if "SendAs" in trustee.access_rights and not trustee.is_inherited:
                _add(parts, one, trustee.trustee, SEND_AS)


def _add(parts: Parts, one: str, person: str, right: str) -> None:
    """Note a right; what is no address is the mailbox itself or a user long gone."""
    if person != SELF and "@" in person:
        parts.members[one].setdefault(person.lower(), set()).add(right)


def observed(
    row: MailboxRow, parts: Parts, tenant: Tenant, slug: str
) -> Observed[SharedMailboxSpec]:
    """One mailbox in the shape in which it would be desired."""
    identifier = row.external_directory_object_id
    address = row.primary_smtp_address.lower()
    user = parts.users[identifier]
    found = mark(user, tenant)
    ours = read_mark(found)
    name = ours[1] if ours else address
    if not ours and row.name == exchange_name(slug, address):
        found = mark_of(slug, address)
    spec = SharedMailboxSpec(
        address,
        row.display_name,
        secondary(row.email_addresses, address.rpartition("@")[2]),
        {
            person: tuple(sorted(rights))
            for person, rights in sorted(parts.members[identifier].items())
        },
        parts.replies.get(identifier, ""),
        enabled=not row.hidden_from_address_lists_enabled,
        sign_in=bool(user.account_enabled),
        marked=ours is not None,
    )
    return Observed(name, identifier, spec, found, protection(user, address, tenant))


def is_a_persons(user: User, tenant: Tenant) -> bool:
    """Whether the mailbox belongs to a person of the inventory."""
    return read_mailbox_mark(mark(user, tenant)) is not None


def mark(user: User, tenant: Tenant) -> str:
    attributes = user.on_premises_extension_attributes
    return attributes.number(tenant.mark_attribute) if attributes else ""


def protection(user: User, address: str, tenant: Tenant) -> str:
    if user.on_premises_sync_enabled:
        return "is synchronised from an on-premises directory"
    if address in {one.lower() for one in tenant.protected}:
        return "is on the tenant's list of protected accounts"
    return ""


def by_graph(user: User, address: str, tenant: Tenant) -> Observed[Any]:
    """What Graph alone shows of a mailbox: not its members, nor its reply (None)."""
    spec = SharedMailboxSpec(
        address,
        user.display_name or "",
        secondary(user.proxy_addresses, address.rpartition("@")[2]),
        {},
        None,
        sign_in=bool(user.account_enabled),
        marked=read_mark(mark(user, tenant)) is not None,
    )
    return Observed(address, user.id, spec, mark(user, tenant))

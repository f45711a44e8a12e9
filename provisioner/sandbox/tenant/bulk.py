"""Users in bulk, past the front door: seeding, and raw state for tests to look at."""

from __future__ import annotations

import hashlib
import sys
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from provisioner.sandbox.tenant.account import (
    Account,
    Licence,
    Mailbox,
    Password,
    value_of,
)
from provisioner.sandbox.tenant.audit import Entry, Target
from provisioner.sandbox.tenant.catalogue import SKUS, SKUS_BY_ID
from provisioner.sandbox.tenant.changes import EVERYTHING
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.mailbox_life import arrived, await_mailbox
from provisioner.sandbox.tenant.mailbox_settings import (
    DEFAULTS,
    full_settings,
    keep_settings,
)
from provisioner.sandbox.tenant.properties import BY_LOWER

_OURS = frozenset(
    {
        "id",
        "licences",
        "mailboxReady",
        "mailboxSettings",
        "mailboxShared",
        "passwordProfile",
    }
)
_UNIQUE = frozenset({"userPrincipalName", "displayName", "mailNickname", "employeeId"})
_STATE = ("createdDateTime", "deletedDateTime", "proxyAddresses")


def seed_users(
    directory: Directory, users: Iterable[dict[str, Any]], now: float, delay: float
) -> int:
    """Create users, or change those whose id or name exists; how many came.

    Each is a dict of Graph properties (read-only ones too), with optional `licences`
    (part numbers), `mailboxReady` (default: as soon as licensed) and `mailboxSettings`
    (what differs from the defaults). Seats are counted but not enforced. Raises KeyError
    for an unknown part number or property and ValueError for a user without a name.
    """
    number = 0
    for user in users:
        number += 1
        name = user.get("userPrincipalName")
        known = user.get("id") or (name and directory.by_name.get(name.lower()))
        old = directory.accounts.get(known) if known else None
        new = _account(directory, old, user, now, delay)
        directory.put(old, new, now, names=EVERYTHING)
        if old is not None:
            _record(directory, old, new, now)
        await_mailbox(directory, new)
    return number


def _record(directory: Directory, old: Account, new: Account, now: float) -> None:
    """A change past the front door is one that an administrator made by hand."""
    names = sorted(
        name
        for name in old.properties.keys() | new.properties.keys()
        if old.properties.get(name) != new.properties.get(name)
    )
    modified = tuple(
        (one, old.properties.get(one), new.properties.get(one)) for one in names
    )
    label = str(new.properties.get("displayName", ""))
    administrators = directory.roles.get("Global Administrator", set())
    directory.audits.add(
        Entry(
            at=now,
            visible_at=now,
            id=f"Directory_{uuid.uuid4()}",
            activity="Update user",
            category="UserManagement",
            operation="Update",
            actor=min(administrators, default=""),
            targets=(Target(new.id, "User", label, new.name, modified),),
            correlation=str(uuid.uuid4()),
        )
    )


def _account(
    directory: Directory,
    old: Account | None,
    user: dict[str, Any],
    now: float,
    delay: float,
) -> Account:
    properties = _properties(old, user)
    base = old or Account(
        user.get("id") or str(uuid.uuid4()), directory.next_seq(), now, {}
    )
    account = msgspec.structs.replace(
        base,
        properties=properties,
        proxies=tuple(user.get("proxyAddresses", base.proxies)),
        password=_password(user, base, now),
    )
    return _with_licences(account, user, now, delay)


def _properties(old: Account | None, user: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = dict(old.properties) if old else {}
    properties.setdefault("accountEnabled", True)
    for given, value in user.items():
        if given in _OURS or given in _STATE:
            continue
        name = BY_LOWER[given.lower()].name
        if value is None:
            properties.pop(name, None)
        elif isinstance(value, str) and name not in _UNIQUE:
            # A hundred thousand people share a few departments and titles.
            properties[name] = sys.intern(value)
        else:
            properties[name] = value
    if not properties.get("userPrincipalName"):
        raise ValueError("A user to seed needs a userPrincipalName.")
    properties.setdefault("userType", "Member")
    return properties


def _password(user: dict[str, Any], old: Account, now: float) -> Password | None:
    text = (user.get("passwordProfile") or {}).get("password")
    if not text:
        return old.password
    return Password(hashlib.sha256(text.encode()).hexdigest(), now)


def _with_licences(
    account: Account, user: dict[str, Any], now: float, delay: float
) -> Account:
    if "licences" in user:
        licences = tuple(Licence(SKUS[part].id, now) for part in user["licences"])
        account = msgspec.structs.replace(account, licences=licences)
    if account.mailbox is not None and account.mailbox.shared:
        return account
    if not account.entitled():
        mailbox = account.mailbox and msgspec.structs.replace(
            account.mailbox, ready=False, lost_at=now
        )
        return msgspec.structs.replace(account, mailbox=mailbox)
    settings = account.mailbox.settings if account.mailbox else b"{}"
    if "mailboxSettings" in user:
        few = {**full_settings(settings), **user["mailboxSettings"]}
        settings = keep_settings({name: few[name] for name in DEFAULTS})
    if not user.get("mailboxReady", True):
        return msgspec.structs.replace(account, mailbox=Mailbox(now + delay))
    account = msgspec.structs.replace(account, mailbox=Mailbox(now, True, settings))
    return arrived(account)


def raw_users(directory: Directory) -> Iterator[dict[str, Any]]:
    """The complete state of every user, deleted ones too; never a password."""
    for account in directory.accounts.values():
        mailbox = account.mailbox
        yield {
            **account.properties,
            "id": account.id,
            **{name: value_of(account, name) for name in _STATE},
            "licences": [
                SKUS_BY_ID[held.sku_id].part_number for held in account.licences
            ],
            "mailboxReady": mailbox is not None and mailbox.ready,
            "mailboxSettings": full_settings(mailbox.settings) if mailbox else None,
            "mailboxShared": mailbox is not None and mailbox.shared,
            "passwordSha256": account.password.sha256 if account.password else None,
        }

"""What a shared mailbox shall be, and our marks on it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct

from provisioner.kinds.mailbox.replies import in_all_languages
from provisioner.model.mark import SHARED_MARK_PREFIX
from provisioner.model.municipality import Language, SharedMailbox

KIND = "shared_mailbox"
FULL_ACCESS, SEND_AS = "full_access", "send_as"
RIGHTS = (FULL_ACCESS, SEND_AS)
MEMBER = "member "
_NAME_MAX = 64


class SharedMailboxSpec(Struct, frozen=True, gc=False):
    """A shared mailbox.

    `members` are the rights (`full_access`, `send_as`) by person's address; `auto_reply`
    is the reply's text, a line for each paragraph, "" for none; `enabled` is false for
    one out of service, which address lists hide; nobody may sign in as it; `marked` is
    whether its user bears our mark.
    """

    address: str
    display_name: str
    aliases: tuple[str, ...] = ()
    members: dict[str, tuple[str, ...]] = {}
    auto_reply: str | None = ""
    enabled: bool = True
    sign_in: bool = False
    marked: bool = True


def desired_spec(
    one: SharedMailbox, language: Language, active: Collection[str]
) -> SharedMailboxSpec:
    """What the inventory asks for; only people who are `active` get rights."""
    reply = one.auto_reply
    return SharedMailboxSpec(
        one.address,
        one.names.in_language(language),
        tuple(sorted(one.aliases)),
        {person: RIGHTS for person in sorted(one.members) if person in active},
        in_all_languages(reply, language) if reply else "",
    )


def flat(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A spec as JSON-like fields, with one field for each member."""
    fields = {name: value for name, value in spec.items() if name != "members"}
    for person, rights in spec.get("members", {}).items():
        fields[MEMBER + person] = list(rights)
    return fields


def mark_of(municipality: str, name: str) -> str:
    """Our ownership mark, kept in an extension attribute of the mailbox's user."""
    return f"{SHARED_MARK_PREFIX}{municipality}:{name}"


def read_mark(mark: str) -> tuple[str, str] | None:
    """Municipality and name of a mark of ours, or None for anything else."""
    if not mark.startswith(SHARED_MARK_PREFIX):
        return None
    municipality, separator, name = mark[len(SHARED_MARK_PREFIX) :].partition(":")
    return (municipality, name) if separator and municipality and name else None


def exchange_name(municipality: str, address: str) -> str:
    """Name and alias in Exchange: unique in the tenant, and telling that it is ours.

    Two municipalities may both have a `moked`; and a create whose answer was lost is
    known again by this name before its user can bear a mark.
    """
    local = address.partition("@")[0]
    name = f"provisioner.{municipality}.{local}"
    if len(name) <= _NAME_MAX:
        return name
    digest = hashlib.sha256(f"{municipality}/{address}".encode()).hexdigest()[:12]
    return f"provisioner.{digest}"

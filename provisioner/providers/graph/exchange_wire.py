"""What Exchange commands answer, as structs: only what we look at, in the vendor's names."""

from __future__ import annotations

import re

import msgspec
from msgspec import Raw, Struct

SELF = "NT AUTHORITY\\SELF"
_PREFIX = "smtp:"
_BYTES = re.compile(r"\(([\d,]+) bytes\)")


class Row(Struct, frozen=True, gc=False, rename="pascal"):
    """Base of all rows: PascalCase names, unknown properties ignored."""


class MailboxRow(Row, frozen=True, gc=False, rename="pascal"):
    """A mailbox as `New-Mailbox` and `Get-Mailbox` answer it."""

    external_directory_object_id: str
    primary_smtp_address: str
    name: str = ""
    display_name: str = ""
    email_addresses: tuple[str, ...] = ()
    recipient_type_details: str = ""
    hidden_from_address_lists_enabled: bool = False


MAILBOX_SELECT = ",".join(one.encode_name for one in msgspec.structs.fields(MailboxRow))


class AccessRow(Row, frozen=True, gc=False, rename="pascal"):
    """One entry of `Get-MailboxPermission`; inherited ones are the service's own."""

    user: str
    access_rights: tuple[str, ...] = ()
    is_inherited: bool = False
    deny: bool = False


class TrusteeRow(Row, frozen=True, gc=False, rename="pascal"):
    """One entry of `Get-RecipientPermission`."""

    trustee: str
    access_rights: tuple[str, ...] = ()
    is_inherited: bool = False


class ReplyRow(Row, frozen=True, gc=False, rename="pascal"):
    """`Get-MailboxAutoReplyConfiguration`; the messages are HTML pages."""

    auto_reply_state: str = "Disabled"
    internal_message: str | None = None
    external_message: str | None = None


class StatisticsRow(Row, frozen=True, gc=False, rename="pascal"):
    """`Get-MailboxStatistics`; a size reads `1.5 GB (1,610,612,736 bytes)`."""

    total_item_size: str

    @property
    def bytes(self) -> int | None:
        """The size in bytes, None where the words are not understood."""
        match = _BYTES.search(self.total_item_size)
        return int(match[1].replace(",", "")) if match else None


class Rows(Struct, frozen=True):
    """One page of rows; the last has no `next_link`."""

    value: list[Raw]
    next_link: str = msgspec.field(default="", name="@odata.nextLink")


decode_rows = msgspec.json.Decoder(Rows).decode
decode_mailbox = msgspec.json.Decoder(MailboxRow).decode
decode_access = msgspec.json.Decoder(AccessRow).decode
decode_trustee = msgspec.json.Decoder(TrusteeRow).decode
decode_statistics = msgspec.json.Decoder(StatisticsRow).decode
decode_reply = msgspec.json.Decoder(ReplyRow).decode


def secondary(addresses: tuple[str, ...], domain: str) -> tuple[str, ...]:
    """The secondary addresses in one domain, lower case and sorted.

    Those in other domains (the tenant's first one above all) are the vendor's own.
    """
    if len(addresses) < 2:  # the primary one alone, as most people have
        return ()
    found = (one for one in addresses if one.startswith(_PREFIX))
    bare = (one[len(_PREFIX) :].lower() for one in found)
    return tuple(sorted(one for one in bare if one.endswith(f"@{domain}")))

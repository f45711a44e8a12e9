"""Exchange commands as values: sent by the gateway, or told to a person as PowerShell.

Every builder takes the caller's own id for the result first. A mailbox is named by its
address or by the object id of its user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

_TABLE = "#Exchange.GenericHashTable"
# PowerShell takes typographic single quotes for plain ones (about_Quoting_Rules).
_QUOTES = re.compile("(['\u2018\u2019\u201a\u201b])")


class Command(Struct, frozen=True, gc=False):
    """One command; `id` is unique among those sent together."""

    id: str
    name: str
    parameters: Mapping[str, Any]

    @property
    def creates(self) -> bool:
        """True where sending it twice may make two of it, or an error of the second."""
        return self.name.startswith("New-")


def envelope(command: Command) -> dict[str, Any]:
    """The body of one command on the wire."""
    given = {"CmdletName": command.name, "Parameters": dict(command.parameters)}
    return {"CmdletInput": given}


def powershell(command: Command) -> str:
    """The command as a person types it in Exchange Online PowerShell."""
    words = [command.name]
    words += [f"-{name}{_value(one)}" for name, one in command.parameters.items()]
    return " ".join(words)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return f":${str(value).lower()}"
    if isinstance(value, Mapping):
        parts = (f"{k}={_list(v)}" for k, v in value.items() if not k.startswith("@"))
        return f" @{{{'; '.join(parts)}}}"
    return f" {_list(value)}"


def _list(value: Any) -> str:
    values = [value] if isinstance(value, str) else value
    return ",".join(f"'{_doubled(str(one))}'" for one in values)


def _doubled(text: str) -> str:
    return _QUOTES.sub(r"\1\1", text)


def new_shared_mailbox(
    call_id: str, *, name: str, alias: str, address: str, display_name: str
) -> Command:
    """`name` and `alias` must be free in the whole tenant; answered by the mailbox."""
    parameters = {
        "Shared": True,
        "Name": name,
        "Alias": alias,
        "PrimarySmtpAddress": address,
        "DisplayName": display_name,
    }
    return Command(call_id, "New-Mailbox", parameters)


def get_mailbox(call_id: str, mailbox: str) -> Command:
    return Command(call_id, "Get-Mailbox", {"Identity": mailbox})


def get_statistics(call_id: str, mailbox: str) -> Command:
    """How much a mailbox holds."""
    return Command(call_id, "Get-MailboxStatistics", {"Identity": mailbox})


def set_mailbox(call_id: str, mailbox: str, **parameters: Any) -> Command:
    """`DisplayName`, `HiddenFromAddressListsEnabled`, `Type`, `EmailAddresses`."""
    return Command(call_id, "Set-Mailbox", {"Identity": mailbox, **parameters})


def address_edit(add: Iterable[str], remove: Iterable[str]) -> dict[str, Any]:
    """The value of `EmailAddresses` that adds and removes secondary addresses."""
    table: dict[str, Any] = {"@odata.type": _TABLE}
    for key, addresses in (("Add", add), ("Remove", remove)):
        if listed := [f"smtp:{one}" for one in addresses]:
            table[key] = listed
    return table


def add_full_access(call_id: str, mailbox: str, user: str) -> Command:
    parameters = {**_access(mailbox, user), "AutoMapping": True}
    return Command(call_id, "Add-MailboxPermission", parameters)


def remove_full_access(call_id: str, mailbox: str, user: str) -> Command:
    parameters = {**_access(mailbox, user), "Confirm": False}
    return Command(call_id, "Remove-MailboxPermission", parameters)


def _access(mailbox: str, user: str) -> dict[str, Any]:
    return {
        "Identity": mailbox,
        "User": user,
        "AccessRights": ["FullAccess"],
        "InheritanceType": "All",
    }


def get_full_access(call_id: str, mailbox: str) -> Command:
    return Command(call_id, "Get-MailboxPermission", {"Identity": mailbox})


def add_send_as(call_id: str, mailbox: str, user: str) -> Command:
    return Command(call_id, "Add-RecipientPermission", _trust(mailbox, user))


def remove_send_as(call_id: str, mailbox: str, user: str) -> Command:
    return Command(call_id, "Remove-RecipientPermission", _trust(mailbox, user))


def _trust(mailbox: str, user: str) -> dict[str, Any]:
    return {
        "Identity": mailbox,
        "Trustee": user,
        "AccessRights": ["SendAs"],
        "Confirm": False,
    }


def get_send_as(call_id: str, mailbox: str) -> Command:
    return Command(call_id, "Get-RecipientPermission", {"Identity": mailbox})


def set_reply(call_id: str, mailbox: str, message: str) -> Command:
    """Answer every sender with `message` (HTML); none where it is ""."""
    parameters: dict[str, Any] = {"Identity": mailbox, "AutoReplyState": "Disabled"}
    if message:
        parameters |= {
            "AutoReplyState": "Enabled",
            "ExternalAudience": "All",
            "InternalMessage": message,
            "ExternalMessage": message,
        }
    return Command(call_id, "Set-MailboxAutoReplyConfiguration", parameters)


def get_reply(call_id: str, mailbox: str) -> Command:
    return Command(call_id, "Get-MailboxAutoReplyConfiguration", {"Identity": mailbox})

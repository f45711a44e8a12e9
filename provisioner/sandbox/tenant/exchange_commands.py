"""Which Exchange commands are served, and the parameters each may have."""

from __future__ import annotations

from msgspec import Struct

from provisioner.sandbox.tenant import (
    exchange_mailboxes,
    exchange_permissions,
    exchange_settings,
)
from provisioner.sandbox.tenant.exchange_errors import (
    BINDING,
    NO_COMMAND,
    refused,
)
from provisioner.sandbox.tenant.exchange_invocation import Command, Invocation

_ALWAYS = "Confirm ErrorAction WarningAction WhatIf"
_LIST = "Identity ResultSize"


class Entry(Struct, frozen=True):
    """A command: what carries it out, and its parameters in lower case."""

    run: Command
    parameters: frozenset[str]


def _entry(run: Command, parameters: str) -> Entry:
    return Entry(run, frozenset(f"{parameters} {_ALWAYS}".lower().split()))


_COMMANDS = {
    "New-Mailbox": _entry(
        exchange_mailboxes.new_mailbox,
        "Shared Name DisplayName Alias PrimarySmtpAddress",
    ),
    "Get-Mailbox": _entry(
        exchange_mailboxes.get_mailbox, f"{_LIST} RecipientTypeDetails"
    ),
    "Set-Mailbox": _entry(
        exchange_mailboxes.set_mailbox,
        "Identity EmailAddresses DisplayName HiddenFromAddressListsEnabled Type",
    ),
    "Get-MailboxStatistics": _entry(exchange_mailboxes.get_statistics, _LIST),
    "Remove-Mailbox": _entry(exchange_mailboxes.remove_mailbox, "Identity Force"),
    "Add-MailboxPermission": _entry(
        exchange_permissions.add_access,
        "Identity User AccessRights InheritanceType AutoMapping",
    ),
    "Remove-MailboxPermission": _entry(
        exchange_permissions.remove_access, "Identity User AccessRights InheritanceType"
    ),
    "Get-MailboxPermission": _entry(exchange_permissions.get_access, _LIST),
    "Add-RecipientPermission": _entry(
        exchange_permissions.add_trustee, "Identity Trustee AccessRights"
    ),
    "Remove-RecipientPermission": _entry(
        exchange_permissions.remove_trustee, "Identity Trustee AccessRights"
    ),
    "Get-RecipientPermission": _entry(exchange_permissions.get_trustees, _LIST),
    "Set-MailboxAutoReplyConfiguration": _entry(
        exchange_settings.set_reply,
        "Identity AutoReplyState ExternalAudience InternalMessage ExternalMessage",
    ),
    "Get-MailboxAutoReplyConfiguration": _entry(exchange_settings.get_reply, _LIST),
    "Set-CASMailbox": _entry(
        exchange_settings.set_client_access,
        "Identity ActiveSyncEnabled ImapEnabled MAPIEnabled OWAEnabled PopEnabled"
        " SmtpClientAuthenticationDisabled",
    ),
    "Get-CASMailbox": _entry(exchange_settings.get_client_access, _LIST),
    "Get-AcceptedDomain": _entry(exchange_settings.accepted_domains, _LIST),
    "Get-DistributionGroup": _entry(exchange_settings.distribution_groups, _LIST),
    "Set-DistributionGroup": _entry(
        exchange_settings.set_distribution_group, "Identity DisplayName EmailAddresses"
    ),
}
_BY_LOWER = {name.lower(): (name, entry) for name, entry in _COMMANDS.items()}


def command(name: str) -> tuple[str, Entry]:
    """A command by its name in any case; refuses one that is not served."""
    found = _BY_LOWER.get(name.lower())
    if found is None:
        raise refused(
            f"The term '{name}' is not recognized as the name of a cmdlet.", NO_COMMAND
        )
    return found


def check_parameters(entry: Entry, call: Invocation) -> None:
    for name in call.parameters:
        if name not in entry.parameters:
            raise refused(
                f"A parameter cannot be found that matches parameter name '{name}'.",
                BINDING,
            )

"""Automatic replies, client access, accepted domains and distribution groups."""

from __future__ import annotations

from typing import Any

import msgspec

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.exchange_errors import BINDING, absent, refused
from provisioner.sandbox.tenant.exchange_invocation import (
    NOTHING,
    Invocation,
    Shown,
    mailbox_of,
)
from provisioner.sandbox.tenant.mailbox_settings import full_settings, keep_settings

# Exchange's words for what Graph's mailboxSettings say in its own.
_STATES = {
    "disabled": "disabled",
    "enabled": "alwaysEnabled",
    "scheduled": "scheduled",
}
_AUDIENCES = {"none": "none", "known": "contactsOnly", "all": "all"}
_SWITCHES = (
    "ActiveSyncEnabled",
    "ImapEnabled",
    "MAPIEnabled",
    "OWAEnabled",
    "PopEnabled",
    "SmtpClientAuthenticationDisabled",
)


def set_reply(call: Invocation) -> Shown:
    """Kept among the mailbox's settings, where Graph shows it at once."""
    account = call.mailbox()
    settings = full_settings(mailbox_of(account).settings)
    reply = dict(settings["automaticRepliesSetting"])
    if "autoreplystate" in call.parameters:
        reply["status"] = _choice(call, "AutoReplyState", _STATES)
    if "externalaudience" in call.parameters:
        reply["externalAudience"] = _choice(call, "ExternalAudience", _AUDIENCES)
    for parameter, name in (
        ("InternalMessage", "internalReplyMessage"),
        ("ExternalMessage", "externalReplyMessage"),
    ):
        if parameter.lower() in call.parameters:
            reply[name] = _wrapped(str(call.parameters[parameter.lower()] or ""))
    kept = keep_settings({**settings, "automaticRepliesSetting": reply})
    mailbox = msgspec.structs.replace(mailbox_of(account), settings=kept)
    new = msgspec.structs.replace(account, mailbox=mailbox)
    call.directory.accounts[account.id] = new
    return NOTHING


def _wrapped(message: str) -> str:
    """Exchange keeps a message as a whole HTML page."""
    if not message or message.lstrip().lower().startswith("<html"):
        return message
    return f"<html>\r\n<body>\r\n{message}\r\n</body>\r\n</html>\r\n"


def _choice(call: Invocation, name: str, known: dict[str, str]) -> str:
    value = call.text(name)
    if value.lower() not in known:
        raise refused(f"Cannot convert value '{value}' to type '{name}'.", BINDING)
    return known[value.lower()]


def get_reply(call: Invocation) -> Shown:
    account = call.mailbox()
    reply = full_settings(mailbox_of(account).settings)["automaticRepliesSetting"]
    state = next(k for k, v in _STATES.items() if v == reply["status"])
    audience = next(k for k, v in _AUDIENCES.items() if v == reply["externalAudience"])
    return _one(
        {
            "Identity": _name(account),
            "MailboxOwnerId": _name(account),
            "AutoReplyState": state.capitalize(),
            "ExternalAudience": audience.capitalize(),
            "InternalMessage": reply["internalReplyMessage"],
            "ExternalMessage": reply["externalReplyMessage"],
        }
    )


def set_client_access(call: Invocation) -> Shown:
    account = call.mailbox()
    office = mailbox_of(account).office
    given = {
        name: call.flag(name) for name in _SWITCHES if name.lower() in call.parameters
    }
    switches = {**office.client_access, **given}
    call.keep(account, msgspec.structs.replace(office, client_access=switches))
    return NOTHING


def get_client_access(call: Invocation) -> Shown:
    account = call.mailbox()
    switches: dict[str, bool | None] = dict.fromkeys(_SWITCHES, True)
    switches["SmtpClientAuthenticationDisabled"] = None
    kept = mailbox_of(account).office.client_access
    return _one({"Identity": _name(account), **switches, **kept})


def _one(row: dict[str, Any]) -> Shown:
    return Shown([row])


def _name(account: Account) -> str:
    return mailbox_of(account).office.name or account.id


def accepted_domains(call: Invocation) -> Shown:
    """The verified domains, all of them authoritative."""
    rows = [
        {
            "Identity": domain.id,
            "Name": domain.id,
            "DomainName": domain.id,
            "DomainType": "Authoritative",
            "Default": domain.default,
            "InitialDomain": domain.initial,
        }
        for domain in call.directory.domains.values()
        if domain.verified
    ]
    return Shown(rows)


def distribution_groups(call: Invocation) -> Shown:
    """None: nothing that is served here can make one."""
    if "identity" in call.parameters:
        raise absent(call.text("Identity"), "the organization")
    return NOTHING


def set_distribution_group(call: Invocation) -> Shown:
    raise absent(call.text("Identity"), "the organization")

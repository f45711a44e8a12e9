"""`New-`, `Get-`, `Set-` and `Remove-Mailbox`."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from provisioner.sandbox.tenant.account import Account, Mailbox, Office
from provisioner.sandbox.tenant.changes import EVERYTHING
from provisioner.sandbox.tenant.clock import moment
from provisioner.sandbox.tenant.exchange_addresses import (
    PRIMARY,
    SECONDARY,
    bare,
    check,
    edited,
    primary,
    with_addresses,
)
from provisioner.sandbox.tenant.exchange_errors import EXISTS, refused
from provisioner.sandbox.tenant.exchange_invocation import (
    NOTHING,
    Invocation,
    Shown,
    living,
    mailbox_of,
)
from provisioner.sandbox.tenant.mailbox_settings import full_settings, keep_settings
from provisioner.sandbox.tenant.properties import EXTENSION_ATTRIBUTES

_TYPES = {"shared": True, "regular": False}
# A shared mailbox above it needs a licence, or takes no more mail.
UNLICENSED_LIMIT = 50 << 30
_GUIDS = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def new_mailbox(call: Invocation) -> Shown:
    """A shared mailbox and its user, who cannot sign in; a licence is not needed."""
    if not call.flag("Shared"):
        raise refused("Only -Shared is served here; people come with a licence.")
    name = call.text("Name")
    alias = call.text("Alias", name.partition("@")[0].replace(" ", ""))
    routing = f"{alias}@{call.directory.initial_domain}"
    address = call.text("PrimarySmtpAddress", routing)
    for one in living(call.directory):
        if one.mailbox is not None and one.mailbox.office.name == name:
            raise refused(f'The name "{name}" is already being used.', EXISTS)
    proxies = [PRIMARY + address]
    if address.lower() != routing.lower():
        proxies.append(SECONDARY + routing)
    check(call.directory, None, proxies)
    account = Account(
        id=str(uuid.uuid4()),
        seq=call.directory.next_seq(),
        created=call.now,
        properties={
            "userPrincipalName": address,
            "displayName": call.text("DisplayName", name),
            "mailNickname": alias,
            "accountEnabled": False,
            "userType": "Member",
            "mail": address,
        },
        mailbox=Mailbox(
            call.now,
            True,
            _purpose(b"{}", shared=True),
            office=Office(name),
            shared=True,
        ),
        proxies=tuple(proxies),
    )
    lag = call.world.conduct.replication_lag
    call.directory.put(None, account, call.now, names=EVERYTHING, lag=lag)
    return Shown([account], described)


def get_mailbox(call: Invocation) -> Shown:
    wanted = {one.lower() for one in call.texts("RecipientTypeDetails")}
    if "identity" in call.parameters:
        found = [call.mailbox()]
    else:
        found = [
            one
            for one in living(call.directory)
            if one.mailbox is not None and one.mailbox.ready
        ]
    chosen = [one for one in found if not wanted or _type(one).lower() in wanted]
    return Shown(chosen[: call.limit()], described)


def set_mailbox(call: Invocation) -> Shown:
    account = call.mailbox()
    if account.properties.get("onPremisesSyncEnabled"):
        raise refused(
            f"The action 'Set-Mailbox' can't be performed on the object '{account.name}'"
            " because the object is being synchronized from your on-premises"
            " organization."
        )
    new, names = account, []
    if "emailaddresses" in call.parameters:
        proxies = edited(account.proxies, call.parameters["emailaddresses"])
        held = {bare(one) for one in account.proxies}
        check(call.directory, account, [p for p in proxies if bare(p) not in held])
        new = with_addresses(new, proxies)
        names += ["mail", "proxyAddresses"]
    if "displayname" in call.parameters:
        properties = {**new.properties, "displayName": call.text("DisplayName")}
        new = msgspec.structs.replace(new, properties=properties)
        names.append("displayName")
    new = _rebuilt(call, new)
    if new == account:
        call.warnings.append(
            f"The command completed successfully but no settings of '{account.name}'"
            " have been modified."
        )
    elif names:
        call.put(account, new, *names)
    else:
        call.directory.accounts[account.id] = new
    return NOTHING


def _rebuilt(call: Invocation, account: Account) -> Account:
    """With the mailbox shown or hidden, shared or a person's, as the command says."""
    mailbox = mailbox_of(account)
    if "hiddenfromaddresslistsenabled" in call.parameters:
        hidden = call.flag("HiddenFromAddressListsEnabled")
        office = msgspec.structs.replace(mailbox.office, hidden=hidden)
        mailbox = msgspec.structs.replace(mailbox, office=office)
    if "type" in call.parameters:
        kind = call.text("Type").lower()
        if kind not in _TYPES:
            raise refused(f"The type '{kind}' is not served here.")
        shared = _TYPES[kind]
        mailbox = _converted(call, mailbox, shared=shared)
        if not shared and not account.entitled():
            call.warnings.append("The mailbox needs a licence within 30 days.")
    return msgspec.structs.replace(account, mailbox=mailbox)


def _converted(call: Invocation, mailbox: Mailbox, *, shared: bool) -> Mailbox:
    """Of another type, which licensing and Graph learn of later."""
    if mailbox.shared is shared:
        return mailbox
    return msgspec.structs.replace(
        mailbox,
        shared=shared,
        settings=_purpose(mailbox.settings, shared=shared),
        typed_at=call.now + call.world.conduct.conversion_lag,
    )


def get_statistics(call: Invocation) -> Shown:
    """How large a mailbox is, in the vendor's words for bytes, and what its quota says."""
    account = call.mailbox()
    mailbox = mailbox_of(account)
    full = mailbox.size > UNLICENSED_LIMIT and not account.entitled()
    row = {
        "Identity": mailbox.office.name or account.id,
        "DisplayName": account.properties.get("displayName", ""),
        "TotalItemSize": worded_size(mailbox.size),
        "StorageLimitStatus": "MailboxDisabled" if full else "BelowLimit",
    }
    return Shown([row])


def worded_size(size: int) -> str:
    """A size as Exchange writes it: `1.5 GB (1,610,612,736 bytes)`."""
    amount, unit = float(size), "B"
    for larger in ("KB", "MB", "GB", "TB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.4g} {unit} ({size:,} bytes)"


def remove_mailbox(call: Invocation) -> Shown:
    """Into the recycle bin with its user, for 30 days."""
    account = call.mailbox()
    if call.directory.is_administrator(account.id):
        raise refused(f"'{account.name}' holds an administrative role.")
    prefix = account.id.replace("-", "")
    properties = {
        **account.properties,
        "userPrincipalName": f"{prefix}{account.name}",
    }
    gone = msgspec.structs.replace(
        account,
        properties=properties,
        deleted=call.now,
        licences=(),
        licences_lost=account.licences,
    )
    call.put(account, gone)
    return NOTHING


def described(account: Account) -> dict[str, Any]:
    """The properties of a mailbox that clients read."""
    properties, office = account.properties, mailbox_of(account).office
    name = office.name or account.id
    kept = properties.get("onPremisesExtensionAttributes") or {}
    custom = {
        attribute.replace("extensionAttribute", "CustomAttribute"): kept.get(attribute)
        or ""
        for attribute in EXTENSION_ATTRIBUTES
    }
    return {
        "Identity": name,
        "Id": name,
        "Name": name,
        "Alias": properties.get("mailNickname", ""),
        "DisplayName": properties.get("displayName", ""),
        "PrimarySmtpAddress": primary(account.proxies),
        "UserPrincipalName": account.name,
        "EmailAddresses": list(account.proxies),
        "RecipientType": "UserMailbox",
        "RecipientTypeDetails": _type(account),
        "IsShared": mailbox_of(account).shared,
        "ExternalDirectoryObjectId": account.id,
        "Guid": str(uuid.uuid5(_GUIDS, account.id)),
        "HiddenFromAddressListsEnabled": office.hidden,
        "GrantSendOnBehalfTo": [],
        "ForwardingSmtpAddress": None,
        "WhenCreatedUTC": moment(account.created),
        **custom,
    }


def _type(account: Account) -> str:
    return "SharedMailbox" if mailbox_of(account).shared else "UserMailbox"


def _purpose(settings: bytes, *, shared: bool) -> bytes:
    purpose = "shared" if shared else "user"
    return keep_settings({**full_settings(settings), "userPurpose": purpose})

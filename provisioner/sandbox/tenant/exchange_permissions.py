"""Who may open a mailbox (Full Access) and who may send as it (Send As)."""

from __future__ import annotations

from itertools import islice
from typing import Any

import msgspec

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.exchange_errors import refused
from provisioner.sandbox.tenant.exchange_invocation import (
    NOTHING,
    Invocation,
    Shown,
    living,
    mailbox_of,
)

_SELF = "NT AUTHORITY\\SELF"


def add_access(call: Invocation) -> Shown:
    account, user = call.mailbox(), call.account(call.text("User"))
    _needs(call, "FullAccess")
    office = mailbox_of(account).office
    if user.id in office.full_access:
        _already(call, user)
    else:
        held = (*office.full_access, user.id)
        call.keep(account, msgspec.structs.replace(office, full_access=held))
    return Shown([_access(account, user.name)])


def remove_access(call: Invocation) -> Shown:
    account, user = call.mailbox(), call.account(call.text("User"))
    _needs(call, "FullAccess")
    office = mailbox_of(account).office
    if user.id not in office.full_access:
        _missing(call, user)
        return NOTHING
    held = tuple(one for one in office.full_access if one != user.id)
    call.keep(account, msgspec.structs.replace(office, full_access=held))
    return NOTHING


def get_access(call: Invocation) -> Shown:
    account = call.mailbox()
    rows = [_access(account, _SELF, "FullAccess", "ReadPermission")]
    names = _names(call, mailbox_of(account).office.full_access)
    return Shown([*rows, *(_access(account, name) for name in names)])


def add_trustee(call: Invocation) -> Shown:
    account, user = call.mailbox(), call.account(call.text("Trustee"))
    _needs(call, "SendAs")
    office = mailbox_of(account).office
    if user.id in office.send_as:
        _already(call, user)
    else:
        held = (*office.send_as, user.id)
        call.keep(account, msgspec.structs.replace(office, send_as=held))
    return Shown([_trust(account, user.name)])


def remove_trustee(call: Invocation) -> Shown:
    account, user = call.mailbox(), call.account(call.text("Trustee"))
    _needs(call, "SendAs")
    office = mailbox_of(account).office
    if user.id not in office.send_as:
        _missing(call, user)
        return NOTHING
    held = tuple(one for one in office.send_as if one != user.id)
    call.keep(account, msgspec.structs.replace(office, send_as=held))
    return NOTHING


def get_trustees(call: Invocation) -> Shown:
    """Of one mailbox, or of all of them; each may send as itself."""
    if "identity" in call.parameters:
        accounts = [call.mailbox()]
    else:
        accounts = [a for a in living(call.directory) if a.mailbox and a.mailbox.ready]
    rows = (
        _trust(account, name)
        for account in accounts
        for name in (_SELF, *_names(call, mailbox_of(account).office.send_as))
    )
    return Shown(list(islice(rows, call.limit())))


def _names(call: Invocation, identifiers: tuple[str, ...]) -> list[str]:
    """Names of those who are still there; a deleted user is shown by its id."""
    accounts = call.directory.accounts
    return [
        accounts[one].name if one in accounts and not accounts[one].deleted else one
        for one in identifiers
    ]


def _access(account: Account, user: str, *rights: str) -> dict[str, Any]:
    return {
        "Identity": mailbox_of(account).office.name or account.id,
        "User": user,
        "AccessRights": list(rights or ("FullAccess",)),
        "IsInherited": False,
        "Deny": False,
        "InheritanceType": "All",
    }


def _trust(account: Account, trustee: str) -> dict[str, Any]:
    return {
        "Identity": mailbox_of(account).office.name or account.id,
        "Trustee": trustee,
        "AccessControlType": "Allow",
        "AccessRights": ["SendAs"],
        "IsInherited": False,
        "InheritanceType": "None",
    }


def _needs(call: Invocation, right: str) -> None:
    if [one.lower() for one in call.texts("AccessRights")] != [right.lower()]:
        raise refused(f"Only the access right {right} is served here.")


def _already(call: Invocation, user: Account) -> None:
    call.warnings.append(
        "The appropriate access control entry is already present on the object for"
        f' account "{user.name}".'
    )


def _missing(call: Invocation, user: Account) -> None:
    call.warnings.append(
        "Can't remove the access control entry on the object for account"
        f' "{user.name}" because the ACE isn\'t present.'
    )

"""`/users`: create, change and delete."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.changes import EVERYTHING
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.mailbox_life import licensed
from provisioner.sandbox.tenant.properties import DEFAULT_SET, SENSITIVE
from provisioner.sandbox.tenant.recording import record, user_changes, user_target
from provisioner.sandbox.tenant.refusal import (
    Refusal,
    bad_request,
    conflict,
    forbidden,
)
from provisioner.sandbox.tenant.users import current, entity, found_user
from provisioner.sandbox.tenant.validation import read_password, read_user, require_all

_CLOUD_OWNED = frozenset({"usageLocation", "otherMails", "passwordProfile"})


def create_user(call: Call) -> Answer:
    given = read_user(call.document())
    require_all(given)
    profile = given.pop("passwordProfile")
    directory = call.directory
    _check_names(directory, given, None)
    name = given["userPrincipalName"]
    properties = {
        "userType": "Member",
        **{k: v for k, v in given.items() if v is not None},
    }
    account = Account(
        id=str(uuid.uuid4()),
        seq=directory.next_seq(),
        created=call.now,
        properties=_without_gaps(properties),
        password=read_password(profile, name, None, call.now),
        proxies=_proxies((), given.get("mail")),
    )
    directory.put(
        None,
        account,
        call.now,
        names=EVERYTHING,
        lag=call.world.conduct.replication_lag,
    )
    changed = user_changes(None, account, account.properties)
    record(call, "Add user", user_target(account, changed), operation="Add")
    row = directory.projection(DEFAULT_SET).fresh(account)
    location = f"{call.origin}/v1.0/users/{account.id}"
    return Answer(201, entity(call, "users/$entity", row), {"Location": location})


def _without_gaps(properties: dict[str, Any]) -> dict[str, Any]:
    """Without what was given as null inside complex properties."""
    return {
        name: {k: v for k, v in value.items() if v is not None}
        if isinstance(value, dict)
        else value
        for name, value in properties.items()
    }


def _check_names(
    directory: Directory, given: dict[str, Any], owner: str | None
) -> None:
    """Refuse names of foreign domains and names somebody else has."""
    name = given.get("userPrincipalName")
    if name is not None:
        domain = directory.domain_of(name)
        if domain is None or not domain.verified:
            raise bad_request(
                "The domain portion of the userPrincipalName property is invalid. You"
                " must use one of the verified domain names in your organization.",
                "InvalidValue",
                "userPrincipalName",
            )
        if directory.by_name.get(name.lower(), owner) != owner:
            raise conflict("userPrincipalName")
    for address in filter(None, (name, given.get("mail"))):
        if (directory.owner(address) or owner) != owner:
            raise conflict("proxyAddresses")


def _proxies(old: tuple[str, ...], mail: str | None) -> tuple[str, ...]:
    """The addresses once `mail` is the first of them; the former ones stay."""
    if mail is None:
        return old
    rest = [p for p in old if p.partition(":")[2].lower() != mail.lower()]
    return f"SMTP:{mail}", *(p.replace("SMTP:", "smtp:", 1) for p in rest)


def change_user(call: Call) -> Answer:
    account = current(call, found_user(call))
    given = read_user(call.document())
    directory = call.directory
    if SENSITIVE & given.keys() and directory.is_administrator(account.id):
        raise forbidden()
    if account.properties.get("onPremisesSyncEnabled") and given.keys() - _CLOUD_OWNED:
        raise mastered_elsewhere()
    _check_names(directory, given, account.id)
    profile = given.pop("passwordProfile", None)
    properties = _merged(account.properties, given)
    changed = {k for k in given if properties.get(k) != account.properties.get(k)}
    new = msgspec.structs.replace(account, properties=properties)
    if "mail" in changed and properties.get("mail"):
        changed.add("proxyAddresses")
        new = msgspec.structs.replace(
            new, proxies=_proxies(account.proxies, properties["mail"])
        )
    if profile:
        password = read_password(profile, new.name, account.password, call.now)
        new = msgspec.structs.replace(new, password=password)
        changed.add("passwordProfile")
    if changed:
        directory.put(
            account,
            new,
            call.now,
            names=tuple(sorted(changed)),
            lag=call.world.conduct.replication_lag,
        )
        _record_change(call, account, new, changed)
    return Answer(204)


def _record_change(call: Call, old: Account, new: Account, changed: set[str]) -> None:
    """One activity for the change, and one more for each that has a name of its own."""
    record(call, "Update user", user_target(new, user_changes(old, new, changed)))
    if "accountEnabled" in changed:
        enabled = new.properties.get("accountEnabled")
        verb = "Enable" if enabled else "Disable"
        record(call, f"{verb} account", user_target(new))
    if "passwordProfile" in changed:
        record(call, "Reset user password", user_target(new))


def _merged(old: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Properties after a change: null clears, parts of complex ones are kept."""
    new = dict(old)
    for name, value in given.items():
        if isinstance(value, dict):
            value = {**old.get(name, {}), **value}
            value = {part: text for part, text in value.items() if text is not None}
        if value is None or value == {}:
            new.pop(name, None)
        else:
            new[name] = value
    return new


def mastered_elsewhere() -> Refusal:
    return bad_request(
        "Unable to update the specified properties for on-premises mastered Directory"
        " Sync objects or objects currently undergoing migration."
    )


def delete_user(call: Call) -> Answer:
    account = current(call, found_user(call))
    if call.directory.is_administrator(account.id):
        raise forbidden()
    if account.properties.get("onPremisesSyncEnabled"):
        raise mastered_elsewhere()
    call.directory.put(
        account,
        put_in_bin(call, account),
        call.now,
        lag=call.world.conduct.replication_lag,
    )
    record(call, "Delete user", user_target(account), operation="Delete")
    return Answer(204)


def put_in_bin(call: Call, account: Account) -> Account:
    """The account as the recycle bin keeps it.

    Its licences are free for others; its name bears the id without dashes in front, so
    that the name can be given to somebody else meanwhile.
    """
    emptied = licensed(account, (), call.now, call.world.conduct)
    prefix = account.id.replace("-", "")
    return msgspec.structs.replace(
        emptied,
        deleted=call.now,
        licences_lost=account.licences,
        refused=(),
        properties={**account.properties, "userPrincipalName": prefix + account.name},
    )

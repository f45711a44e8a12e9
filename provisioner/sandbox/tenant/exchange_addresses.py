"""The addresses of a mailbox, `SMTP:` the primary one, and how commands edit them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.exchange_errors import (
    BINDING,
    NOT_ACCEPTED,
    refused,
    taken,
)

_HASH_TABLE = "#Exchange.GenericHashTable"
PRIMARY, SECONDARY = "SMTP:", "smtp:"


def edited(old: tuple[str, ...], wish: Any) -> tuple[str, ...]:
    """The addresses after `-EmailAddresses`: a whole list, or a table to add and remove."""
    if not isinstance(wish, dict):
        return _primary_first(_whole_list(wish))
    if wish.get("@odata.type") != _HASH_TABLE:
        raise refused(f"A table needs the type {_HASH_TABLE}.", BINDING)
    table = {name.lower(): value for name, value in wish.items() if "@" not in name}
    if set(table) - {"add", "remove"}:
        raise refused("The hash table may have only the keys Add and Remove.", BINDING)
    new = list(old)
    for address in _texts(table.get("remove", [])):
        new = [one for one in new if bare(one) != bare(address)]
    for address in _texts(table.get("add", [])):
        new = _with(new, address if ":" in address else SECONDARY + address)
    return _primary_first(new)


def bare(address: str) -> str:
    """The address in lower case, without its prefix."""
    return address.partition(":")[2].lower() or address.lower()


def primary(addresses: Iterable[str]) -> str:
    return next(one for one in addresses if one.startswith(PRIMARY))[len(PRIMARY) :]


def check(directory: Directory, account: Account | None, added: Iterable[str]) -> None:
    """Refuse addresses of domains that are not accepted, and those of others."""
    for address in added:
        domain = directory.domain_of(bare(address))
        if domain is None or not domain.verified:
            raise refused(
                f"You can't use the domain '{bare(address).rpartition('@')[2]}' because"
                " it's not an accepted domain for your organization.",
                NOT_ACCEPTED,
            )
        owner = directory.owner(bare(address))
        if owner is not None and (account is None or owner != account.id):
            raise taken(address, owner)


def with_addresses(account: Account, proxies: tuple[str, ...]) -> Account:
    """The account with these addresses; `mail` follows the primary one."""
    properties = {**account.properties, "mail": primary(proxies)}
    return msgspec.structs.replace(account, proxies=proxies, properties=properties)


def _with(addresses: list[str], address: str) -> list[str]:
    """With one more; a new primary one makes the former secondary."""
    rest = [one for one in addresses if bare(one) != bare(address)]
    if address.startswith(PRIMARY):
        rest = [one.replace(PRIMARY, SECONDARY, 1) for one in rest]
        return [address, *rest]
    was_primary = any(
        one.startswith(PRIMARY) and bare(one) == bare(address) for one in addresses
    )
    return addresses if was_primary else [*rest, address]


def _whole_list(wish: Any) -> list[str]:
    given = _texts(wish)
    marked = any(one.startswith(PRIMARY) for one in given)
    return [
        one if ":" in one else (PRIMARY if at == 0 and not marked else SECONDARY) + one
        for at, one in enumerate(given)
    ]


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str) and "@" in one for one in values):
        raise refused("Cannot convert the value to ProxyAddressCollection.", BINDING)
    return values


def _primary_first(addresses: list[str]) -> tuple[str, ...]:
    leading = [one for one in addresses if one.startswith(PRIMARY)]
    if len(leading) != 1:
        raise refused(
            "The e-mail addresses must contain exactly one primary SMTP address.",
            "Microsoft.Exchange.Data.DataValidationException",
        )
    return (*leading, *(one for one in addresses if one not in leading))

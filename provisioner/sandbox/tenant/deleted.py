"""`/directory/deletedItems`: the recycle bin, restore and purge.

What is a group or a unit is left to `deleted_groups`.
"""

from __future__ import annotations

import heapq
from itertools import islice
from typing import Any

import msgspec

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.changes import EVERYTHING
from provisioner.sandbox.tenant.deleted_groups import (
    deleted_grouping,
    purge_grouping,
    read_grouping,
    restore_grouping,
)
from provisioner.sandbox.tenant.filtering import parse_filter
from provisioner.sandbox.tenant.licences import count_units
from provisioner.sandbox.tenant.mailbox_life import await_mailbox, licensed
from provisioner.sandbox.tenant.properties import DEFAULT_SET
from provisioner.sandbox.tenant.query import (
    link,
    page,
    page_size,
    page_start,
    refuse_options,
    selected,
)
from provisioner.sandbox.tenant.recording import record, user_target
from provisioner.sandbox.tenant.refusal import conflict, not_found, unsupported
from provisioner.sandbox.tenant.users import entity

_SHOWN = (*DEFAULT_SET, "deletedDateTime")
_PREFIX = 32


def list_all(call: Call) -> Answer:
    raise unsupported(
        "Searches against this resource are not supported. Only specific instances can be"
        " queried."
    )


def list_deleted(call: Call) -> Answer:
    refuse_options(call, "expand", "orderby", "search", "skip")
    names = selected(call.options.get("select"), _SHOWN)
    size = page_size(call.options.get("top"))
    start = page_start(call)
    accounts = call.reader.bin()
    if "filter" in call.options:
        chosen = parse_filter(call.options["filter"], eventual=call.eventual)
        accounts = filter(chosen.matches, accounts)
    shown = list(islice(accounts, start, start + size + 1))
    projection = call.directory.projection(names)
    path = "directory/deletedItems/microsoft.graph.user"
    return page(
        call,
        "users",
        [projection.fresh(account) for account in shown[:size]],
        here=link(call, path, start),
        following=link(call, path, start + size) if len(shown) > size else None,
    )


def _found(call: Call) -> Account:
    """The deleted user of the path; refuses with 404."""
    account = call.reader.deleted(call.params[0])
    account = account and call.directory.accounts.get(account.id)
    if account is None or account.deleted is None:
        raise not_found(call.params[0])
    return account


def read_deleted(call: Call) -> Answer:
    grouping = deleted_grouping(call)
    if grouping is not None:
        return read_grouping(call, grouping)
    account = _found(call)
    names = selected(call.options.get("select"), _SHOWN)
    row = call.directory.projection(names).fresh(account)
    return Answer(200, entity(call, "directoryObjects/$entity", row, "user"))


def purge(call: Call) -> Answer:
    grouping = deleted_grouping(call)
    if grouping is not None:
        return purge_grouping(call, grouping)
    account = _found(call)
    lag = call.world.conduct.replication_lag
    call.directory.put(account, None, call.now, lag=lag)
    record(call, "Hard Delete user", user_target(account), operation="Delete")
    return Answer(204)


def restore(call: Call) -> Answer:
    """Bring a user back under its former name, with the licences still to be had.

    The optional body may give `newUserPrincipalName` and `autoReconcileProxyConflict`.
    """
    grouping = deleted_grouping(call)
    if grouping is not None:
        return restore_grouping(call, grouping)
    account = _found(call)
    wishes = call.document() if call.body.strip() else {}
    account = _renamed(call, account, wishes)
    restored = msgspec.structs.replace(account, deleted=None, licences_lost=())
    seats = tuple(
        msgspec.structs.replace(held, groups=())
        for held in account.licences_lost
        if held.direct and call.directory.free(held.sku_id) > 0
    )
    new = licensed(restored, seats, call.now, call.world.conduct)
    lag = call.world.conduct.replication_lag
    old = call.directory.accounts[account.id]
    call.directory.put(old, new, call.now, names=EVERYTHING, lag=lag)
    count_units(call, (), seats)
    await_mailbox(call.directory, new)
    # What its groups give comes again by itself.
    heapq.heappush(call.directory.licences_due, (call.now, new.id))
    record(call, "Restore user", user_target(new))
    row = call.directory.projection(DEFAULT_SET).fresh(new)
    return Answer(200, entity(call, "directoryObjects/$entity", row, "user"))


def _renamed(call: Call, account: Account, wishes: dict[str, Any]) -> Account:
    """The account under the name it shall have; refuses what others have by now."""
    name = wishes.get("newUserPrincipalName") or account.name[_PREFIX:]
    directory = call.directory
    if name.lower() in directory.by_name:
        raise conflict("userPrincipalName")
    taken = {one for one in account.addresses() if directory.owner(one)}
    if taken and not wishes.get("autoReconcileProxyConflict"):
        raise conflict("proxyAddresses")
    properties = {**account.properties, "userPrincipalName": name}
    if str(properties.get("mail", "")).lower() in taken:
        del properties["mail"]
    proxies = tuple(
        p for p in account.proxies if p.partition(":")[2].lower() not in taken
    )
    return msgspec.structs.replace(account, properties=properties, proxies=proxies)

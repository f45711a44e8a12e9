"""Licences that groups give their members, some time after they were told to."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

import msgspec

from provisioner.sandbox.tenant.account import Account, Licence, Refused
from provisioner.sandbox.tenant.call import Answer, Call, reply
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.group_writes import own_grouping
from provisioner.sandbox.tenant.grouping import DEFAULTS, GROUP, grouping_row
from provisioner.sandbox.tenant.licences import (
    TOUCHED,
    check_sku,
    mixed_plans,
    read_assignment,
    told,
)
from provisioner.sandbox.tenant.mailbox_life import await_mailbox, licensed
from provisioner.sandbox.tenant.recording import (
    grouping_changes,
    grouping_target,
    record,
)
from provisioner.sandbox.tenant.refusal import bad_request
from provisioner.sandbox.tenant.seed import Conduct
from provisioner.sandbox.tenant.users import current, found_user


def assign_license(call: Call) -> Answer:
    """202: what the group gives from now on; its members get it after the licence lag,
    and what goes wrong with one of them lands in its `licenseAssignmentStates`."""
    group, directory = own_grouping(call, GROUP), call.directory
    adding, removing = read_assignment(call.document())
    given = {licence.sku_id: licence for licence in group.licences}
    for sku_id in removing:
        if given.pop(sku_id, None) is None:
            raise bad_request("Group does not have a corresponding license.")
    for sku_id, disabled in adding.items():
        check_sku(directory, sku_id, disabled)
        given[sku_id] = Licence(sku_id, call.now, disabled)
    if not group.properties.get("securityEnabled"):
        raise bad_request("Licenses can be assigned to security-enabled groups only.")
    new = msgspec.structs.replace(group, licences=tuple(given.values()))
    conduct = call.world.conduct
    directory.groups.put(group, new, call.now, conduct.replication_lag)
    due = call.now + conduct.licence_lag
    for member in directory.members.of(group.id):
        heapq.heappush(directory.licences_due, (due, member))
    changed = grouping_changes(group, new, ("assignedLicenses",))
    target = grouping_target(new, changed)
    record(call, "Set group license", target, category="GroupManagement")
    names = (*DEFAULTS[GROUP], "assignedLicenses")
    return reply(call, "groups/$entity", grouping_row(new, names), 202)


def reprocess(call: Call) -> Answer:
    """Try once more what the user's groups should give it."""
    account = current(call, found_user(call))
    _bring_in_line(call.directory, account, call.now, call.world.conduct)
    new = call.directory.accounts[account.id]
    return told(call, new)


def settle_licences(directory: Directory, now: float, conduct: Conduct) -> None:
    """Give and take what groups should have given or taken by now."""
    touched: set[str] = set()
    while directory.licences_due and directory.licences_due[0][0] <= now:
        _, identifier = heapq.heappop(directory.licences_due)
        account = directory.accounts.get(identifier)
        if account is not None and account.deleted is None:
            _bring_in_line(directory, account, now, conduct)
            touched.update(directory.members.owners(identifier))
    _mark_groups(directory, touched)


def _mark_groups(directory: Directory, touched: Iterable[str]) -> None:
    """Let groups tell whether some member could not be given its licence."""
    for identifier in touched:
        group = directory.groups.current(identifier)
        if group is None or not group.licences:
            continue
        failing = bool(failing_members(directory, identifier))
        if bool(group.properties.get("hasMembersWithLicenseErrors")) != failing:
            marked = {**group.properties, "hasMembersWithLicenseErrors": failing}
            directory.groups.items[identifier] = msgspec.structs.replace(
                group, properties=marked
            )


def failing_members(directory: Directory, group: str) -> list[str]:
    """Ids of the members whom the group could not give its licences."""
    accounts = map(directory.accounts.get, directory.members.of(group))
    return [
        one.id
        for one in accounts
        if one is not None and any(refused.group == group for refused in one.refused)
    ]


def _bring_in_line(
    directory: Directory, account: Account, now: float, conduct: Conduct
) -> None:
    """Make what a user holds agree with what its groups give."""
    wanted: dict[str, dict[str, Licence]] = {}
    for identifier in directory.members.owners(account.id):
        group = directory.groups.current(identifier)
        for licence in group.licences if group is not None else ():
            wanted.setdefault(licence.sku_id, {})[identifier] = licence
    held = {
        one.sku_id: msgspec.structs.replace(
            one, groups=tuple(wanted.get(one.sku_id, ()))
        )
        for one in account.licences
        if one.direct or one.sku_id in wanted
    }
    refused: list[Refused] = []
    for sku_id, givers in wanted.items():
        if sku_id in held:
            continue
        error = _hindrance(directory, held.values(), sku_id)
        if error:
            refused += [Refused(sku_id, giver, error, now) for giver in givers]
            continue
        switched = [set(one.disabled) for one in givers.values()]
        disabled = tuple(sorted(set.intersection(*switched)))
        held[sku_id] = Licence(sku_id, now, disabled, False, tuple(givers))
    _put(directory, account, tuple(held.values()), tuple(refused), now, conduct)


def _hindrance(directory: Directory, held: Iterable[Licence], sku_id: str) -> str:
    if mixed_plans([*held, Licence(sku_id, 0.0)]):
        return "MutuallyExclusiveViolation"
    return "" if directory.free(sku_id) > 0 else "CountViolation"


def _put(
    directory: Directory,
    account: Account,
    licences: tuple[Licence, ...],
    refused: tuple[Refused, ...],
    now: float,
    conduct: Conduct,
) -> None:
    if licences == account.licences and refused == account.refused:
        return
    new = msgspec.structs.replace(
        licensed(account, licences, now, conduct), refused=refused
    )
    lag = conduct.replication_lag
    directory.put(account, new, now, names=TOUCHED, lag=lag)
    await_mailbox(directory, new)

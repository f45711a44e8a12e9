"""A tenant as bytes and back, for a sandbox that is stopped and started again."""

from __future__ import annotations

import heapq
from collections import Counter

from msgspec import Struct

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.app_roles import DEFAULT_ROLES
from provisioner.sandbox.tenant.audit import AuditLog, Entry
from provisioner.sandbox.tenant.changes import Change, ChangeLog
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.domain import Domain
from provisioner.sandbox.tenant.faults import Rule
from provisioner.sandbox.tenant.kept import Mail, Pass, Policy, ScopedRole
from provisioner.sandbox.tenant.relation import Relation, SavedRelation
from provisioner.sandbox.tenant.shelf import SavedShelf, Shelf


class SavedTies(Struct, gc=False):
    """What belongs to whom, and what was done: all beside the accounts themselves."""

    groups: SavedShelf
    units: SavedShelf
    members: SavedRelation
    owners: SavedRelation
    reports: SavedRelation
    audits: list[Entry]
    scoped_roles: dict[str, ScopedRole]
    passes: dict[str, list[Pass]]
    mails: list[Mail]
    policies: dict[str, Policy]
    licences_due: list[tuple[float, str]]
    group_changes: list[Change] = []
    group_changes_base: int = 0
    group_watched: bool = False
    app_roles: dict[str, tuple[str, ...]] = {}


class SavedTenant(Struct, gc=False):
    """Everything of a `Directory` but what can be computed again."""

    tenant_id: str
    initial_domain: str
    created: float
    name: str
    display_name: str
    client_id: str
    secret_sha256: str
    certificate: str
    domains: list[Domain]
    roles: dict[str, list[str]]
    enabled: dict[str, int]
    elsewhere: dict[str, int]
    accounts: list[Account]
    history: dict[str, list[tuple[float, float, Account | None]]]
    units_due: list[tuple[float, str, int]]
    due: list[tuple[float, str]]
    changes: list[Change]
    changes_base: int
    watched: bool
    granted: tuple[str, ...] = DEFAULT_ROLES
    ties: SavedTies | None = None


class SavedWorld(Struct):
    """The world: `now` is the sandbox clock, `pem` the key that signs tokens."""

    now: float
    admin_key: str
    pem: bytes
    tenants: list[SavedTenant]
    faults: list[Rule]
    violations: list[str]


def pack(directory: Directory) -> SavedTenant:
    return SavedTenant(
        tenant_id=directory.tenant_id,
        initial_domain=directory.initial_domain,
        created=directory.created,
        name=directory.name,
        display_name=directory.display_name,
        client_id=directory.client_id,
        secret_sha256=directory.secret_sha256,
        certificate=directory.certificate,
        granted=directory.granted,
        domains=list(directory.domains.values()),
        roles={role: sorted(members) for role, members in directory.roles.items()},
        enabled=directory.enabled,
        elsewhere=dict(directory.elsewhere),
        accounts=list(directory.accounts.values()),
        history=directory.history,
        units_due=directory.units_due,
        due=directory.due,
        changes=directory.log.entries,
        changes_base=directory.log.base,
        watched=directory.log.watched,
        ties=_pack_ties(directory),
    )


def _pack_ties(directory: Directory) -> SavedTies:
    return SavedTies(
        groups=directory.groups.pack(),
        units=directory.units.pack(),
        members=directory.members.pack(),
        owners=directory.owners.pack(),
        reports=directory.reports.pack(),
        audits=directory.audits.entries,
        scoped_roles=directory.scoped_roles,
        passes=directory.passes,
        mails=directory.mails,
        policies=directory.policies,
        licences_due=directory.licences_due,
        group_changes=directory.group_log.entries,
        group_changes_base=directory.group_log.base,
        group_watched=directory.group_log.watched,
        app_roles=directory.app_roles,
    )


def _unpack_ties(directory: Directory, saved: SavedTies) -> None:
    directory.groups = Shelf.unpack(saved.groups)
    directory.units = Shelf.unpack(saved.units)
    directory.members = Relation.unpack(saved.members)
    directory.owners = Relation.unpack(saved.owners)
    directory.reports = Relation.unpack(saved.reports)
    directory.audits = AuditLog(saved.audits)
    directory.scoped_roles = saved.scoped_roles
    directory.passes = saved.passes
    directory.mails = saved.mails
    directory.policies = saved.policies
    directory.app_roles = saved.app_roles
    directory.licences_due = saved.licences_due
    heapq.heapify(directory.licences_due)
    for shelf in (directory.groups, directory.units):
        directory.reserve_seq(max((one.seq for one in shelf.items.values()), default=0))
    directory.group_log = ChangeLog(
        saved.group_changes, saved.group_changes_base, saved.group_watched
    )
    directory.groups.log = directory.members.log = directory.group_log


def unpack(saved: SavedTenant) -> Directory:
    directory = Directory(saved.tenant_id, saved.initial_domain, saved.created)
    directory.name = saved.name
    directory.display_name = saved.display_name
    directory.client_id = saved.client_id
    directory.secret_sha256 = saved.secret_sha256
    directory.certificate = saved.certificate
    directory.granted = saved.granted
    directory.domains = {domain.id: domain for domain in saved.domains}
    directory.roles = {role: set(members) for role, members in saved.roles.items()}
    directory.enabled = saved.enabled
    directory.elsewhere = Counter(saved.elsewhere)
    for account in sorted(saved.accounts, key=lambda one: one.seq):
        directory.put(None, account, account.created)
    directory.history = saved.history
    for identifier, versions in saved.history.items():
        for at, lag, _ in versions:
            heapq.heappush(directory.expiring, (at + lag, identifier))
    directory.units_due = saved.units_due
    directory.due = saved.due
    heapq.heapify(directory.due)
    directory.log = ChangeLog(saved.changes, saved.changes_base, saved.watched)
    if saved.ties is not None:
        _unpack_ties(directory, saved.ties)
    return directory

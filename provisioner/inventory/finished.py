"""The valid files as the values that the rest of the program speaks in."""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.inventory.definition.cluster import (
    ClusterFile,
    DefaultsEntry,
    RoleEntry,
    TenantEntry,
)
from provisioner.inventory.definition.schedule import calendar_of
from provisioner.inventory.hosts import hosts_of, servers_of
from provisioner.inventory.yaml_tree import Document
from provisioner.model.cluster import (
    Cluster,
    Defaults,
    ForumRules,
    GuardLimits,
    Leavers,
    Role,
    Tenant,
    WorkingWeek,
)
from provisioner.model.hosts import Acme, Zone
from provisioner.model.municipality import Municipality, Names


def cluster_of(
    entry: ClusterFile,
    document: Document,
    municipalities: Iterable[Municipality],
    commit: str,
    digest: str,
) -> Cluster:
    """The whole cluster; every part of it must have been found right."""
    reply = entry.leavers.auto_reply
    return Cluster(
        slug=entry.slug,
        names=Names(**entry.names.model_dump()),
        tenants=tuple(map(_tenant, entry.tenants)),
        roles=tuple(
            _role(one, document.place("roles", number).line)
            for number, one in enumerate(entry.roles)
        ),
        guards=GuardLimits(**entry.guards.model_dump()),
        defaults=_defaults(entry.defaults),
        municipalities=tuple(municipalities),
        commit=commit,
        digest=digest,
        forums=ForumRules(**entry.forums.model_dump()),
        leavers=Leavers(
            entry.leavers.revoke_sessions,
            entry.leavers.free_seat_after_days,
            entry.leavers.delete_after_days,
            entry.leavers.hide_from_address_lists,
            entry.leavers.convert_to_shared,
            entry.leavers.manager_access,
            Names(**reply.model_dump()) if reply else None,
        ),
        file=document.file,
        calendar=calendar_of(entry.calendar),
        schedules=tuple(one.value() for one in entry.schedules),
        zones=tuple(Zone(one.name, one.key) for one in entry.zones),
        hosts=hosts_of(entry.hosts, document.place),
        servers=servers_of(entry.servers, document.place),
        recipients=tuple(one.value() for one in entry.notify),
        requests=entry.requests.value(),
        acme=Acme(**entry.acme.model_dump()) if entry.acme else None,
    )


def _role(entry: RoleEntry, line: int) -> Role:
    return Role(
        entry.name,
        Names(**entry.names.model_dump()),
        Names(**entry.forum.model_dump()) if entry.forum else None,
        entry.lead or "",
        entry.guests,
        line,
    )


def _tenant(entry: TenantEntry) -> Tenant:
    given = entry.model_dump()
    given |= {
        "client_secret": entry.client_secret or "",
        "certificate": entry.certificate or "",
    }
    return Tenant(**given)


def _defaults(entry: DefaultsEntry) -> Defaults:
    week = entry.working_week
    return Defaults(
        time_zone=entry.time_zone,
        locales=Defaults().locales | {**entry.locales},
        working_week=WorkingWeek(week.days, week.start, week.end),
        dmarc=entry.dmarc,
        secret_days=entry.secret_days,
    )

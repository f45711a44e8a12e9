"""The valid files as the values that the rest of the program speaks in."""

from __future__ import annotations

from collections.abc import Iterable

from provisioner.inventory.definition.cluster import (
    ClusterFile,
    DefaultsEntry,
    TenantEntry,
)
from provisioner.model.cluster import (
    Cluster,
    Defaults,
    GuardLimits,
    Role,
    Tenant,
    WorkingWeek,
)
from provisioner.model.municipality import Municipality, Names


def cluster_of(
    entry: ClusterFile, municipalities: Iterable[Municipality], commit: str, digest: str
) -> Cluster:
    """The whole cluster; every part of it must have been found right."""
    return Cluster(
        slug=entry.slug,
        names=Names(**entry.names.model_dump()),
        tenants=tuple(map(_tenant, entry.tenants)),
        roles=tuple(
            Role(one.name, Names(**one.names.model_dump())) for one in entry.roles
        ),
        guards=GuardLimits(**entry.guards.model_dump()),
        defaults=_defaults(entry.defaults),
        municipalities=tuple(municipalities),
        commit=commit,
        digest=digest,
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

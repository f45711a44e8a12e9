"""The backup report of a cluster: every asset with its backup, or the lack of one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

import msgspec

from provisioner.model.backup import Acknowledged, Known, judge
from provisioner.model.backup_place import place_of
from provisioner.model.backup_report import (
    KIND,
    Asset,
    BackupReport,
    JobStanding,
)
from provisioner.model.cluster import Cluster
from provisioner.model.hosts import BackupJob
from provisioner.model.municipality import Municipality
from provisioner.model.resource import key_of


def backup_report(
    cluster: Cluster, known: Mapping[str, Known], now: datetime
) -> BackupReport:
    """The report from what the store knows of each job, by its key. Pure."""
    owners = (*cluster.municipalities, *cluster.itself)
    return BackupReport(
        now,
        {one.slug: one.names for one in owners},
        tuple(
            msgspec.structs.replace(one, acknowledged=_word(known.get(one.key), now))
            if one.missing
            else one
            for one in assets_of(cluster)
        ),
        tuple(
            JobStanding(
                key,
                owner.slug,
                job.name,
                job.host,
                job.repository,
                timedelta(hours=job.recovery_point),
                known.get(key, Known()),
                judge(
                    known.get(key, Known()), timedelta(hours=job.recovery_point), now
                ),
            )
            for owner, job, key in jobs_of(cluster)
        ),
    )


def jobs_of(cluster: Cluster) -> Iterator[tuple[Municipality, BackupJob, str]]:
    """Every backup job with its owner and its key."""
    for owner in cluster.municipalities:
        for job in owner.backups:
            yield owner, job, key_of(owner.slug, KIND, job.name)


def backup_hosts(
    cluster: Cluster, slugs: Collection[str], *, stores: bool
) -> Iterator[str]:
    """The hosts of these municipalities' jobs, or of all, and where their copies are."""
    for owner, job, _ in jobs_of(cluster):
        if not slugs or owner.slug in slugs:
            yield job.host
            place = place_of(cluster.all_servers, job) if stores else None
            if place:
                yield place.server.host


def assets_of(cluster: Cluster) -> Iterator[Asset]:
    """Everything of the inventory that can be lost."""
    for owner in (*cluster.municipalities, *cluster.itself):
        yield from _assets(cluster, owner)


def _word(known: Known | None, now: datetime) -> Acknowledged | None:
    word = known.acknowledged if known else None
    return word if word and word.holds(now) else None


def _assets(cluster: Cluster, owner: Municipality) -> Iterator[Asset]:
    mine = [(job, key_of(owner.slug, KIND, job.name)) for job in owner.backups]
    for site in owner.websites:
        saved = tuple(key for job, key in mine if site.name in job.websites)
        yield Asset(owner.slug, "website", site.name, saved)
    yield from _databases(owner)
    own = owner.level == "cluster" and not owner.tenant
    for server in cluster.servers if own else owner.servers:
        saved = tuple(
            key
            for _, job, key in jobs_of(cluster)
            if job.host == server.host and job.paths
        )
        yield Asset(owner.slug, "server", server.host, saved)
    described = {one.host for one in cluster.all_servers}
    for job, key in mine:
        if job.paths and job.host not in described:
            yield Asset(owner.slug, "files", job.host, (key,))
    if people := sum(one.state == "active" for one in owner.people):
        boxes = people + len(owner.shared_mailboxes)
        yield Asset(owner.slug, "mailboxes", "", count=boxes)
    if owner.level == "cluster" and owner.tenant:
        yield Asset(owner.slug, "forums", "", count=len(cluster.roles))


def _databases(owner: Municipality) -> Iterator[Asset]:
    """Databases that jobs name; those of websites are saved with their sites."""
    saved: dict[str, list[str]] = {}
    for job in owner.backups:
        for engine, names in (
            ("mariadb", job.mariadb),
            ("postgresql", job.postgresql),
        ):
            for name in names:
                told = f"{job.host} {engine} {name}"
                saved.setdefault(told, []).append(key_of(owner.slug, KIND, job.name))
    for told, keys in saved.items():
        yield Asset(owner.slug, "database", told, tuple(keys))

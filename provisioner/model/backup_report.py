"""The backup report: every asset of the inventory with its backup, or the lack of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from provisioner.model.backup import Judgement, Known, State, judge
from provisioner.model.cluster import Cluster
from provisioner.model.hosts import BackupJob
from provisioner.model.municipality import Municipality, Names
from provisioner.model.resource import key_of

KIND = "backup_job"
AssetKind = Literal["website", "database", "server", "mailboxes", "forums"]
# Microsoft keeps these; nothing of ours can bring them back.
MICROSOFTS: tuple[AssetKind, ...] = ("mailboxes", "forums")


class Asset(Struct, frozen=True):
    """Something of an owner that can be lost; `count` where one line stands for many.

    `jobs` are the keys of the backup jobs that save it.
    """

    owner: str
    kind: AssetKind
    name: str
    jobs: tuple[str, ...] = ()
    count: int = 1

    @property
    def ours(self) -> bool:
        """Whether a backup of it would be ours to make."""
        return self.kind not in MICROSOFTS

    @property
    def missing(self) -> bool:
        """Whether it should have a backup and has none.

        A server without data of its own is made anew from the inventory.
        """
        return self.ours and self.kind != "server" and not self.jobs


class JobStanding(Struct, frozen=True):
    """One backup job: what the inventory wants of it, what is known, the judgement."""

    key: str
    owner: str
    name: str
    host: str
    repository: str
    recovery_point: timedelta
    known: Known
    judgement: Judgement


class BackupReport(Struct, frozen=True):
    """All assets and all jobs at a moment (UTC); `names` are those of owners by slug."""

    at: datetime
    names: dict[str, Names]
    assets: tuple[Asset, ...]
    jobs: tuple[JobStanding, ...]

    def job(self, key: str) -> JobStanding:
        return next(one for one in self.jobs if one.key == key)

    @property
    def exit_code(self) -> int:
        """1 where something is unknown; 2 late, breached, never, or no backup; else 0."""
        states = {one.judgement.state for one in self.jobs}
        if State.UNKNOWN in states:
            return 1
        drills = [one.known.drilled for one in self.jobs]
        bad = states - {State.OK} or any(one.missing for one in self.assets)
        bad = bad or any(one.judgement.disagreements for one in self.jobs)
        return 2 if bad or any(one and not one.passed for one in drills) else 0


def backup_report(
    cluster: Cluster, known: Mapping[str, Known], now: datetime
) -> BackupReport:
    """The report from what the store knows of each job, by its key. Pure."""
    owners = (*cluster.municipalities, *cluster.itself)
    return BackupReport(
        now,
        {one.slug: one.names for one in owners},
        tuple(asset for one in owners for asset in _assets(cluster, one)),
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

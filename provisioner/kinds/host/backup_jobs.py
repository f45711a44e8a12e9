"""What a backup job shall have on its host. Pure: from the inventory to a `HostPart`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain

from provisioner.kinds.host.backup_program import (
    CONFIGURATION,
    FOLDERS,
    STATE,
    program,
    units,
)
from provisioner.kinds.host.render import render
from provisioner.kinds.host.website_sources import Sources, website_sources
from provisioner.model.backup_place import BackupPlace, place_of
from provisioner.model.backup_report import KIND
from provisioner.model.cluster import Cluster
from provisioner.model.host_state import Directory, File, HostPart, Service
from provisioner.model.hosts import BackupJob
from provisioner.model.municipality import Municipality
from provisioner.model.place import Place
from provisioner.model.resource import Resource, key_of

_HOME = f"{CONFIGURATION}/backup"
_STATE = f"{STATE}/backup"


def desired_backup_jobs(
    cluster: Cluster, municipality: Municipality
) -> list[Resource[HostPart]]:
    """The backup jobs of one municipality that have something to save."""
    return [
        Resource(
            municipality.slug,
            KIND,
            job.name,
            backup_part(municipality, job, place_of(cluster.all_servers, job)),
            Place(municipality.file, job.line),
        )
        for job in municipality.backups
        if sources_of(municipality, job) != Sources()
    ]


def identity_of(slug: str, name: str) -> str:
    """The name of a job on hosts."""
    return f"{slug}-{name}"


def sources_of(municipality: Municipality, job: BackupJob) -> Sources:
    """All that a job saves; a website brings its files and its databases."""
    found = [
        website_sources(site, f"{municipality.slug}-{site.name}")
        for site in municipality.websites
        if site.name in job.websites
    ]
    found = [Sources(job.paths, job.mariadb, job.postgresql), *found]
    return Sources(
        tuple(dict.fromkeys(chain.from_iterable(one.paths for one in found))),
        tuple(dict.fromkeys(chain.from_iterable(one.mariadb for one in found))),
        tuple(dict.fromkeys(chain.from_iterable(one.postgresql for one in found))),
    )


def names_of(sources: Sources) -> list[str]:
    """The names of sources as snapshots are tagged with them."""
    return [
        *(["files"] if sources.paths else []),
        *(f"{engine}:{name}" for engine, name in _databases(sources)),
    ]


def backup_part(
    municipality: Municipality, job: BackupJob, place: BackupPlace | None
) -> HostPart:
    """A job on its host: what it saves, where to, and when."""
    name = identity_of(municipality.slug, job.name)
    home, unit = f"{_HOME}/{name}", f"provisioner-backup-{name}"
    key = key_of(municipality.slug, KIND, job.name)
    sources = sources_of(municipality, job)
    service = render("backup/job.service.j2", key=key, name=name)
    started = units(unit, service, f"Back up {key}", job.at)
    return HostPart(
        host=job.host,
        packages=("restic",),
        directories=(
            *FOLDERS,
            *(Directory(one, "0700") for one in (_HOME, home)),
            *(Directory(one, "0700") for one in (_STATE, f"{_STATE}/{name}")),
        ),
        files=(
            *program(),
            File(f"{home}/job.json", _configuration(key, job, sources), "0600"),
            *_secrets(home, job, place),
            *started,
        ),
        services=(
            Service(f"{unit}.timer", tuple(one.path for one in started), restart=True),
        ),
    )


def _configuration(key: str, job: BackupJob, sources: Sources) -> str:
    told = {
        "key": key,
        "host": job.host,
        "paths": sources.paths,
        "databases": list(_databases(sources)),
    }
    return json.dumps(told, indent=2) + "\n"


def _databases(sources: Sources) -> Iterator[tuple[str, str]]:
    yield from (("mariadb", name) for name in sources.mariadb)
    yield from (("postgresql", name) for name in sources.postgresql)


def _secrets(home: str, job: BackupJob, place: BackupPlace | None) -> Iterator[File]:
    """The files that let restic in; their secrets are put in when they are written."""
    store = place.server.backup_store if place else None
    ca = store.ca if store else ""
    repository = job.repository
    if place:
        # In a store of ours a job is let in by a word made of its password.
        scheme, _, rest = repository.partition("://")
        word = f"⟦secret:{job.password}|access {place.user}⟧"
        repository = f"{scheme}://{place.user}:{word}@{rest}"
    yield File(f"{home}/password", f"⟦secret:{job.password}⟧\n", "0600")
    text = render(
        "backup/environment.j2",
        repository=repository,
        home=home,
        ca=ca,
        environment=job.environment,
    )
    yield File(f"{home}/environment", text, "0600")
    if ca:
        yield File(f"{home}/ca.pem", f"⟦secret:{ca}⟧\n", "0600")

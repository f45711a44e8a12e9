"""What a host that keeps backups shall have besides what every server has. Pure.

The server lets jobs add and read, and nothing else; what is too old is let go of here,
where the repositories are plain folders.
"""

from __future__ import annotations

import json

from msgspec import Struct

from provisioner.kinds.host.backup_jobs import names_of, sources_of
from provisioner.kinds.host.backup_program import (
    CONFIGURATION,
    FOLDERS,
    STATE,
    program,
    units,
)
from provisioner.kinds.host.render import render
from provisioner.model.backup_assets import jobs_of
from provisioner.model.backup_place import BackupPlace, place_of
from provisioner.model.cluster import Cluster
from provisioner.model.host_state import (
    Certificate,
    Directory,
    File,
    HostPart,
    Service,
)
from provisioner.model.hosts import BackupJob, Server
from provisioner.model.municipality import Municipality

USER = "restic-rest-server"
_UNIT = f"/etc/systemd/system/{USER}.service.d"
_HTPASSWD = f"/etc/{USER}/users.htpasswd"
_HOME = f"{CONFIGURATION}/backup-store"
_STATE = f"{STATE}/backup-store"
_AT = "05:00"
# A check reads this share of the bytes, another one each night.
_PARTS = 14


class Kept(Struct, frozen=True):
    """A job whose repository is in a store of ours."""

    place: BackupPlace
    owner: Municipality
    job: BackupJob
    key: str


def kept_jobs(cluster: Cluster) -> list[Kept]:
    """Every job whose repository is in a store of ours."""
    return [
        Kept(place, owner, job, key)
        for owner, job, key in jobs_of(cluster)
        if (place := place_of(cluster.all_servers, job))
    ]


def store_part(server: Server, cluster: Cluster) -> HostPart:
    """A server's store: who may write, the repositories, and what is done with them."""
    store = server.backup_store
    assert store is not None  # noqa: S101  only servers with one are asked for
    mine = [one for one in kept_jobs(cluster) if one.place.server == server]
    certificate = Certificate(f"/etc/{USER}/tls.crt", (server.hostname,))
    conf = render(
        "backup/store.conf.j2",
        store=store,
        certificate=certificate,
        htpasswd=_HTPASSWD,
        user=USER,
    )
    dropin = File(f"{_UNIT}/provisioner.conf", conf)
    users = File(_HTPASSWD, _users(mine), "0640", "root", USER)
    names = sorted({one.place.name for one in mine})
    repositories = [
        _repository([one for one in mine if one.place.name == name]) for name in names
    ]
    return HostPart(
        host=server.host,
        packages=("openssl", "restic", USER),
        directories=(
            *FOLDERS,
            Directory(store.path, "0750", USER, USER),
            *map(Directory, (_UNIT, _HOME, _STATE)),
            *(Directory(f"{_HOME}/{name}") for name in names),
            *(Directory(f"{_STATE}/{name}", "0700", USER, USER) for name in names),
        ),
        certificates=(certificate,),
        files=(
            *program(),
            dropin,
            users,
            *(file for files, _ in repositories for file in files),
        ),
        services=(
            Service(USER, (dropin.path, users.path, certificate.path), restart=True),
            *(service for _, service in repositories),
        ),
        ports=(f"tcp {store.port}",),
    )


def _users(jobs: list[Kept]) -> str:
    """One line for each user, whose jobs all have one password."""
    users = {one.place.user: one.job.password for one in jobs}
    return "".join(
        f"⟦secret:{password}|htpasswd {user}⟧\n"
        for user, password in sorted(users.items())
    )


def _repository(jobs: list[Kept]) -> tuple[tuple[File, ...], Service]:
    """The files and the timer of one repository, of one job or of several."""
    first = jobs[0]
    name, home = first.place.name, f"{_HOME}/{first.place.name}"
    told = {
        "folder": first.place.folder,
        "parts": _PARTS,
        "jobs": {
            one.key: {
                "sources": names_of(sources_of(one.owner, one.job)),
                "days": one.job.keep.days,
                "weeks": one.job.keep.weeks,
                "months": one.job.keep.months,
            }
            for one in jobs
        },
    }
    service = render("backup/keep.service.j2", name=name, user=USER, home=home)
    unit = f"provisioner-keep-{name}"
    started = units(unit, service, f"Check and thin out {name}", _AT)
    files = (
        File(f"{home}/repository.json", json.dumps(told, indent=2) + "\n"),
        File(f"{home}/password", f"⟦secret:{first.job.password}⟧\n", "0600"),
        *started,
    )
    reads = tuple(one.path for one in started)
    return files, Service(f"{unit}.timer", reads, restart=True)

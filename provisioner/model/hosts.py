"""Hosts of the cluster, and what the inventory wants of them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from provisioner.model.language import Language

Debian = Literal[12, 13]


class Zone(Struct, frozen=True):
    """A network in which hosts are reachable.

    `key` refers to the SSH key we sign in with there (`file/PATH`), never the key itself.
    """

    name: str
    key: str


class Host(Struct, frozen=True):
    """A machine and how we reach it; only who runs the cluster writes this.

    `host_keys` are its public SSH keys, `type base64` each: no other is trusted. `user`
    is root or may use sudo without a password. `debian` is the release it runs.
    """

    name: str
    zone: str
    address: str
    host_keys: tuple[str, ...]
    port: int = 22
    user: str = "root"
    debian: Debian = 13
    line: int = 0


class Admin(Struct, frozen=True, gc=False):
    """A person with an account on a host; `keys` are their public SSH keys."""

    name: str
    keys: tuple[str, ...]


class Opening(Struct, frozen=True, gc=False):
    """A port that a host's firewall lets in, from some networks or from anywhere."""

    port: int
    protocol: Literal["tcp", "udp"] = "tcp"
    sources: tuple[str, ...] = ()


class BackupStore(Struct, frozen=True, gc=False):
    """Where a host keeps the repositories of others: restic's REST server, append-only.

    `path` is the folder; `sources` the networks that may write (none: all); `ca` refers to
    the certificate of the authority that signed the store's own, "" where every host
    trusts it anyway.
    """

    path: str = "/srv/backups"
    port: int = 8000
    sources: tuple[str, ...] = ()
    ca: str = ""


class Server(Struct, frozen=True):
    """What a host shall be like.

    `hostname` is its full name; `time_zone` an IANA name; `ntp` are time servers (none:
    those of Debian); `metrics_from` the networks that may read the node exporter;
    `reboot_at` is `HH:MM` where updates may restart it, or "".
    """

    host: str
    hostname: str
    time_zone: str = "Asia/Jerusalem"
    ntp: tuple[str, ...] = ()
    admins: tuple[Admin, ...] = ()
    allow: tuple[Opening, ...] = ()
    metrics_from: tuple[str, ...] = ()
    journal_megabytes: int = 500
    reboot_at: str = ""
    line: int = 0
    backup_store: BackupStore | None = None


class Accessibility(Struct, frozen=True, gc=False):
    """Whom a site's accessibility statement names."""

    coordinator: str
    phone: str
    email: str


class Acme(Struct, frozen=True, gc=False):
    """Who signs certificates in production: an ACME directory (RFC 8555), and whom it
    writes to."""

    directory: str
    email: str


class Website(Struct, frozen=True):
    """A site on one of the cluster's hosts; `domain` and `aliases` are its names.

    `administrator` is the address of who administers a WordPress site, "" for the
    municipality's first CIO. Under `maintenance` visitors get one page that says so.
    Browsers are told to come by https alone for `hsts_days`.
    """

    name: str
    type: Literal["static", "wordpress"]
    host: str
    domain: str
    language: Language
    title: str
    accessibility: Accessibility
    aliases: tuple[str, ...] = ()
    about: str = ""
    time_zone: str = "Asia/Jerusalem"
    administrator: str = ""
    maintenance: bool = False
    hsts_days: int = 1
    line: int = 0


class Keep(Struct, frozen=True, gc=False):
    """How long snapshots are kept, in days, weeks and months."""

    days: int = 14
    weeks: int = 8
    months: int = 12


class BackupJob(Struct, frozen=True):
    """What of a host is saved, where to, when, and how old the last copy may be.

    `repository` is restic's address of it; `password` a reference; `recovery_point` is in
    hours. `environment` are further variables that restic needs for the target, by name,
    each a reference.
    """

    name: str
    host: str
    repository: str
    password: str
    paths: tuple[str, ...] = ()
    mariadb: tuple[str, ...] = ()
    postgresql: tuple[str, ...] = ()
    websites: tuple[str, ...] = ()
    at: str = "02:00"
    keep: Keep = Keep()
    recovery_point: int = 26
    line: int = 0
    environment: tuple[tuple[str, str], ...] = ()

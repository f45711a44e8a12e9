"""Hosts in `cluster.yml`; servers, websites and backups that municipalities want there.

Their defaults are those of `provisioner.model.hosts`, read from there.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from provisioner.inventory.definition.host_words import (
    AbsolutePath,
    AccountName,
    AcmeDirectory,
    Database,
    EnvironmentName,
    HostName,
    NetAddress,
    Network,
    Phone,
    Port,
    PublicKey,
    Repository,
    SystemUser,
    TimeZoneOfHost,
)
from provisioner.inventory.definition.words import (
    HOUR_PATTERN,
    Account,
    CertificateReference,
    Domain,
    Entry,
    Paragraph,
    SecretReference,
    Slug,
    Text,
)
from provisioner.model import hosts as model

_HOUR = Annotated[str, StringConstraints(pattern=HOUR_PATTERN)]
_HOST = model.Host("", "", "", ())
_SERVER = model.Server("", "")
_SITE = model.Website("", "static", "", "", "he", "", model.Accessibility("", "", ""))
_KEEP = model.Keep()
_STORE = model.BackupStore()
_JOB = model.BackupJob("", "", "", "")
_OPENING = model.Opening(1)


class ZoneEntry(Entry):
    """A network in which hosts are reachable, with an SSH key of its own."""

    name: Slug
    """How hosts refer to it."""
    key: CertificateReference
    """Where the private SSH key is: `file/PATH`, readable by its owner alone."""


class HostEntry(Entry):
    """A machine and how it is reached."""

    name: HostName
    """How servers, websites and backups refer to it."""
    zone: Slug
    """Name of one of the cluster's zones."""
    address: NetAddress
    """Its IP address, or its name on the network."""
    port: Port = _HOST.port
    """Where its SSH answers."""
    user: SystemUser = _HOST.user
    """Account we sign in to: root, or one with sudo that asks for no password."""
    host_keys: Annotated[tuple[PublicKey, ...], Field(min_length=1)]
    """Its public SSH keys, from the machine's own screen; no other is trusted."""
    debian: model.Debian = _HOST.debian
    """Release of Debian it runs: 12 or 13."""


class AcmeEntry(Entry):
    """An authority that signs certificates by ACME (RFC 8555), through certbot."""

    directory: AcmeDirectory
    """Address of its directory."""
    email: Account
    """Whom it writes to; giving it agrees to the authority's terms."""


class AdminEntry(Entry):
    """A person who administers a host."""

    name: AccountName
    """Name of the account."""
    keys: Annotated[tuple[PublicKey, ...], Field(min_length=1)]
    """Public SSH keys; nobody signs in with a password."""


class OpeningEntry(Entry):
    """A port that the firewall lets in."""

    port: Port
    """Its number."""
    protocol: Literal["tcp", "udp"] = _OPENING.protocol
    """Which of the two."""
    sources: tuple[Network, ...] = ()
    """Networks it is open to; left out, all."""


class BackupStoreEntry(Entry):
    """That a host keeps the backups of others."""

    path: AbsolutePath = _STORE.path
    """Folder of the repositories."""
    port: Port = _STORE.port
    """Where it answers, over TLS."""
    sources: tuple[Network, ...] = ()
    """Networks that may write there; left out, all."""
    ca: CertificateReference | None = None
    """Certificate of the authority that signed its own: `file/PATH`; left out, one that
    every host trusts."""


class ServerEntry(Entry):
    """What a host shall be like. A host stands in one entry of the whole inventory."""

    host: HostName
    """Name of one of the cluster's hosts."""
    hostname: NetAddress
    """Its full name, such as web-1.galil.example."""
    time_zone: TimeZoneOfHost = _SERVER.time_zone
    """IANA name of its time zone."""
    ntp: tuple[NetAddress, ...] = ()
    """Time servers; left out, those of Debian."""
    admins: tuple[AdminEntry, ...] = ()
    """People with an account and sudo."""
    allow: tuple[OpeningEntry, ...] = ()
    """Ports the firewall lets in besides SSH and what websites need."""
    metrics_from: tuple[Network, ...] = ()
    """Networks that may read the node exporter; left out, none."""
    journal_megabytes: Annotated[int, Field(ge=16, le=100_000)] = (
        _SERVER.journal_megabytes
    )
    """Most that the journal may take on disk."""
    reboot_at: _HOUR | None = None
    """When security updates may restart it, `HH:MM`; left out, never."""
    backup_store: BackupStoreEntry | None = None
    """That it keeps the backups of other hosts; needs Debian 13."""


class AccessibilityEntry(Entry):
    """Whom a site's accessibility statement names."""

    coordinator: Text
    """The accessibility coordinator."""
    phone: Phone
    """Their telephone."""
    email: Account
    """Their address."""


class WebsiteEntry(Entry):
    """A website on one of the cluster's hosts."""

    name: Slug
    """Short name, unique in the municipality."""
    type: Literal["static", "wordpress"]
    """How it is made."""
    host: HostName
    """Name of the host that serves it."""
    domain: Domain
    """Its name in the web."""
    aliases: tuple[Domain, ...] = ()
    """Further names, which lead to the first."""
    language: Literal["he", "ar", "en"]
    """Language of its pages."""
    title: Text
    """What visitors read at its head."""
    about: Paragraph | None = None
    """What it is for, one paragraph."""
    time_zone: TimeZoneOfHost = _SITE.time_zone
    """IANA name of its time zone."""
    accessibility: AccessibilityEntry
    """Whom its accessibility statement names."""
    administrator: Account | None = None
    """Address of who administers a WordPress site; left out, the first CIO."""
    maintenance: bool = _SITE.maintenance
    """Whether visitors get one page that says the site is being maintained."""
    hsts_days: Annotated[int, Field(ge=0, le=730)] = _SITE.hsts_days
    """Days for which browsers come by https alone; begin small, then raise it."""


class KeepEntry(Entry):
    """How long snapshots are kept."""

    days: Annotated[int, Field(ge=1)] = _KEEP.days
    """Days for which every snapshot is kept."""
    weeks: Annotated[int, Field(ge=0)] = _KEEP.weeks
    """Weeks for which one a week is."""
    months: Annotated[int, Field(ge=0)] = _KEEP.months
    """Months for which one a month is."""


class BackupEntry(Entry):
    """What of a host is saved."""

    name: Slug
    """Short name, unique in the municipality."""
    host: HostName
    """Name of the host whose belongings are saved."""
    repository: Repository
    """Where to: a path, `sftp:…`, `rest:https://…` or `s3:…`. In a store of the cluster its
    path begins with the municipality's slug."""
    password: SecretReference
    """Where the repository's password is: `env/NAME` or `file/PATH`."""
    paths: tuple[AbsolutePath, ...] = ()
    """Files and folders."""
    mariadb: tuple[Database, ...] = ()
    """Databases of MariaDB."""
    postgresql: tuple[Database, ...] = ()
    """Databases of PostgreSQL."""
    websites: tuple[Slug, ...] = ()
    """Websites of the municipality, whole."""
    at: _HOUR = _JOB.at
    """When it starts each day, `HH:MM` in the host's time."""
    keep: KeepEntry = KeepEntry()
    """How long snapshots are kept."""
    recovery_point: Annotated[int, Field(ge=1, le=8760)] = _JOB.recovery_point
    """Hours by which the newest copy may be old."""
    environment: Annotated[
        dict[EnvironmentName, SecretReference], Field(default_factory=dict)
    ]
    """Further variables that restic needs for its target, such as `AWS_ACCESS_KEY_ID`, each
    `env/NAME` or `file/PATH`."""

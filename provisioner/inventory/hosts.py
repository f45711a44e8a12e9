"""Entries about hosts as the values that the rest of the program speaks in."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from provisioner.inventory.definition.hosts import (
    BackupEntry,
    HostEntry,
    ServerEntry,
    WebsiteEntry,
)
from provisioner.model.hosts import (
    Accessibility,
    Admin,
    BackupJob,
    BackupStore,
    Host,
    Keep,
    Opening,
    Server,
    Website,
)
from provisioner.model.place import Place

Placing = Callable[..., Place]


def hosts_of(entries: Iterable[HostEntry], place: Placing) -> tuple[Host, ...]:
    """The cluster's machines, each with its line."""
    return tuple(
        Host(**one.model_dump(), line=place("hosts", number).line)
        for number, one in enumerate(entries)
    )


def servers_of(entries: Iterable[ServerEntry], place: Placing) -> tuple[Server, ...]:
    """The servers of one file, each with its line."""
    return tuple(
        Server(
            one.host,
            one.hostname,
            one.time_zone,
            one.ntp,
            tuple(Admin(admin.name, admin.keys) for admin in one.admins),
            tuple(Opening(**opening.model_dump()) for opening in one.allow),
            one.metrics_from,
            one.journal_megabytes,
            one.reboot_at or "",
            place("servers", number).line,
            BackupStore(
                **one.backup_store.model_dump(exclude={"ca"}),
                ca=one.backup_store.ca or "",
            )
            if one.backup_store
            else None,
        )
        for number, one in enumerate(entries)
    )


def websites_of(entries: Iterable[WebsiteEntry], place: Placing) -> tuple[Website, ...]:
    """The websites of one municipality, each with its line."""
    return tuple(
        Website(
            one.name,
            one.type,
            one.host,
            one.domain,
            one.language,
            one.title,
            Accessibility(**one.accessibility.model_dump()),
            one.aliases,
            one.about or "",
            one.time_zone,
            place("websites", number).line,
        )
        for number, one in enumerate(entries)
    )


def backups_of(entries: Iterable[BackupEntry], place: Placing) -> tuple[BackupJob, ...]:
    """The backups of one municipality, each with its line."""
    return tuple(
        BackupJob(
            **one.model_dump(exclude={"keep", "environment"}),
            keep=Keep(**one.keep.model_dump()),
            line=place("backups", number).line,
            environment=tuple(sorted(one.environment.items())),
        )
        for number, one in enumerate(entries)
    )

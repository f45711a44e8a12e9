"""Where a backup job's repository is: in which backup store of ours, and under what name."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from msgspec import Struct

from provisioner.model.hosts import BackupJob, Server

_SCHEME = "rest:"


class BackupPlace(Struct, frozen=True):
    """A repository within a store: `user` is who may write it, `path` what is after it.

    A private repository's path begins with its user.
    """

    server: Server
    user: str
    path: str

    @property
    def folder(self) -> str:
        """Where the repository lies on the store's host."""
        assert self.server.backup_store is not None  # noqa: S101  see `place_of`
        return f"{self.server.backup_store.path}/{self.path}"

    @property
    def name(self) -> str:
        """A name for files and units: the path without slashes."""
        return self.path.replace("/", "-")


def place_of(servers: Iterable[Server], job: BackupJob) -> BackupPlace | None:
    """The store of ours that a job's repository is in, None for any other target."""
    if not job.repository.startswith(_SCHEME):
        return None
    url = urlsplit(job.repository.removeprefix(_SCHEME))
    path = url.path.strip("/")
    for server in servers:
        store = server.backup_store
        if store and (url.hostname, url.port) == (server.hostname, store.port) and path:
            return BackupPlace(server, path.partition("/")[0], path)
    return None

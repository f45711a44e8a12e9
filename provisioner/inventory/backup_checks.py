"""What must hold between backup jobs, the stores they write to, and their secrets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from provisioner.inventory.characters import shown
from provisioner.inventory.definition.cluster import ClusterFile
from provisioner.inventory.documents import Checked
from provisioner.inventory.draft import Draft
from provisioner.inventory.faults import Faults
from provisioner.inventory.hosts import backups_of, servers_of
from provisioner.model.backup_place import place_of
from provisioner.model.hosts import Server
from provisioner.model.place import Place


def check_backups(
    cluster: Checked[ClusterFile] | None, drafts: Sequence[Draft], faults: Faults
) -> None:
    """Every fault of backups that takes more than one entry to see."""
    servers = list(_servers(cluster, drafts))
    passwords: dict[str, tuple[str, Place]] = {}
    for draft in drafts:
        jobs = backups_of(draft.parts.get("backups", ()), draft.place)
        for at, job in enumerate(jobs):

            def where(*keys: Any, draft: Draft = draft, at: int = at) -> Place:
                return draft.place("backups", at, *keys)

            found = place_of(servers, job)
            _in_a_store(found, draft.slug, where, faults)
            for key, reference in (
                ("password", job.password),
                *((f"environment {name}", one) for name, one in job.environment),
            ):
                _own_secret(reference, draft.slug, where(*key.split()), faults)
            said = where("password")
            # A store lets a user in by what is made of the password: there is one.
            whose = f"user {found.user}" if found else job.repository
            other, place = passwords.setdefault(whose, (job.password, said))
            if other != job.password:
                faults.add(
                    said,
                    "two-passwords",
                    f"The same repository or store has another password ({place}).",
                    "A municipality has one password in a store; a repository has one.",
                )


def _servers(
    cluster: Checked[ClusterFile] | None, drafts: Sequence[Draft]
) -> Iterator[Server]:
    if cluster:
        yield from servers_of(cluster.parts.get("servers", ()), cluster.document.place)
    for draft in drafts:
        yield from servers_of(draft.parts.get("servers", ()), draft.place)


def _in_a_store(found: Any, slug: str, where: Any, faults: Faults) -> None:
    """Nobody reads or fills another's repository."""
    if found is not None and found.user != slug:
        faults.add(
            where("repository"),
            "foreign-repository",
            f"The repository {shown(found.path)} is not one of {slug}.",
            f"In a store of the cluster its path begins with {slug}.",
        )


def _own_secret(reference: str, slug: str, place: Place, faults: Faults) -> None:
    """A municipality's file must not lead another's secret, or ours, to its host."""
    source, _, name = reference.partition("/")
    prefix = f"{slug.upper().replace('-', '_')}_" if source == "env" else f"{slug}-"
    if not name.rpartition("/")[2].startswith(prefix):
        faults.add(
            place,
            "foreign-secret",
            f"The secret {shown(reference)} is not one of {slug}.",
            f"Its name begins with {prefix}, as in {source}/{prefix}… .",
        )

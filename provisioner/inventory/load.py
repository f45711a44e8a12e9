"""The inventory's files as one valid cluster, or every fault of all of them."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from provisioner.errors import InventoryInvalid
from provisioner.inventory.backup_checks import check_backups
from provisioner.inventory.characters import shown
from provisioner.inventory.cluster_checks import (
    check_between,
    check_cluster,
    check_named,
)
from provisioner.inventory.definition.cluster import ClusterFile
from provisioner.inventory.definition.municipality import MunicipalityFile
from provisioner.inventory.definition.words import Slug
from provisioner.inventory.documents import Checked, read_document
from provisioner.inventory.draft import Draft
from provisioner.inventory.faults import Faults, suggestion
from provisioner.inventory.finished import cluster_of
from provisioner.inventory.host_checks import check_hosts
from provisioner.inventory.municipality_checks import Rules
from provisioner.inventory.people import Reader
from provisioner.inventory.revision import asking_git
from provisioner.inventory.source import (
    CLUSTER,
    MAILBOXES,
    MUNICIPALITIES,
    MUNICIPALITY,
    Folder,
)
from provisioner.model.cluster import Cluster
from provisioner.model.place import Place

_SLUG = TypeAdapter[str](Slug)


def load(path: Path, instead: Mapping[str, bytes] | None = None) -> Cluster:
    """Read the inventory in a folder and check it as one whole.

    `instead` are bytes by path in the folder, read in place of what the file holds.

    Raises `InventoryInvalid` with every fault of all files, sorted by place.
    """
    faults = Faults()
    if not path.exists():
        what = "The inventory's folder is not there."
        remedy = "Name it with --inventory or PROVISIONER_INVENTORY."
        faults.add(Place(str(path)), "missing-file", what, remedy)
        raise InventoryInvalid(faults.kept(str(path)))
    folder = Folder(path, faults, instead)
    with _unhurried_collector(), asking_git(path) as commit:
        cluster = _read_cluster(folder, faults)
        drafts = _read_municipalities(folder, cluster, faults)
        check_between(cluster.parts.get("slug") if cluster else None, drafts, faults)
        if cluster:
            check_named(cluster, [one.slug for one in drafts], faults)
        check_hosts(cluster, drafts, faults)
        check_backups(cluster, drafts, faults)
        if faults.count or cluster is None or cluster.entry is None:
            raise InventoryInvalid(faults.kept(folder.name))
        municipalities = [one.finished for one in drafts if one.finished]
        return cluster_of(
            cluster.entry, cluster.document, municipalities, commit(), folder.digest
        )


@contextmanager
def _unhurried_collector() -> Iterator[None]:
    """Pause the cycle collector: a load makes a million objects and no garbage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read_cluster(folder: Folder, faults: Faults) -> Checked[ClusterFile] | None:
    folder.entries("")
    checked = read_document(folder, CLUSTER, ClusterFile, faults)
    if checked:
        check_cluster(checked, faults)
    return checked


def _read_municipalities(
    folder: Folder, cluster: Checked[ClusterFile] | None, faults: Faults
) -> list[Draft]:
    rules = Rules(cluster.parts if cluster else {}, faults)
    reader = Reader(folder, faults)
    before = faults.count
    drafts = [
        _read_municipality(folder, slug, reader, rules, faults)
        for slug in _slugs(folder, faults)
    ]
    if not drafts and faults.count == before:
        what = "The inventory has no municipality."
        remedy = f"Make a folder {MUNICIPALITIES}/<slug>; see the sample inventory."
        place = Place(folder.place_name(MUNICIPALITIES))
        faults.add(place, "no-municipality", what, remedy)
    return drafts


def _slugs(folder: Folder, faults: Faults) -> list[str]:
    slugs = []
    for entry in folder.entries(MUNICIPALITIES):
        place = Place(folder.place_name(f"{MUNICIPALITIES}/{entry.name}"))
        if not entry.is_dir():
            what = "Only folders of municipalities belong here."
            faults.add(place, "unknown-file", what, "Move the file away.")
            continue
        try:
            slugs.append(_SLUG.validate_python(entry.name))
        except ValidationError:
            what = f"{shown(entry.name)} is no slug."
            remedy = "Begin with a letter a-z, then a-z, 0-9 and hyphens; 40 at most."
            faults.add(place, "bad-slug", what, remedy)
    return slugs


def _read_municipality(
    folder: Folder, slug: str, reader: Reader, rules: Rules, faults: Faults
) -> Draft:
    relative = f"{MUNICIPALITIES}/{slug}"
    before = faults.count
    _strangers(folder, relative, faults)
    document = f"{relative}/{MUNICIPALITY}"
    draft = Draft(
        slug, folder.name, read_document(folder, document, MunicipalityFile, faults)
    )
    people = reader.read(f"{relative}/{MAILBOXES}", draft.domain)
    if people:
        draft.take(people)
    rules.check(draft, people)
    if people and draft.checked and draft.checked.entry and faults.count == before:
        draft.finish(draft.checked.entry, people)
    return draft


def _strangers(folder: Folder, relative: str, faults: Faults) -> None:
    known = (MUNICIPALITY, MAILBOXES)
    for entry in folder.entries(relative):
        if entry.name not in known:
            place = Place(folder.place_name(f"{relative}/{entry.name}"))
            what = f"The file {shown(entry.name)} is not known."
            remedy = suggestion(entry.name, known, "Move it away.")
            faults.add(place, "unknown-file", what, remedy)

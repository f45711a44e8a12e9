"""The lab as a part of the sandbox: beside its tenants, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from provisioner.errors import SandboxError
from provisioner.model.cluster import Cluster
from provisioner.sandbox.lab import process
from provisioner.sandbox.lab.image import image_of
from provisioner.sandbox.lab.possible import hindrance
from provisioner.sandbox.lab.state import LabState, lab_folder, load_lab
from provisioner.settings import Settings


def up(
    directory: Path,
    names: Sequence[str],
    settings: Settings,
    tell: Callable[[str], None],
    *,
    detach: bool = False,
) -> str:
    """Start these hosts beside the tenants of a sandbox; "" when they are up.

    Where that is impossible the sandbox goes on without: the answer says why, in one
    line. `tell` gets a sentence before anything long.
    """
    why = hindrance(directory)
    if why:
        return why
    try:
        image = image_of(settings.lab_images_dir, settings.lab_debian, tell)
        process.up(lab_folder(directory), names, image, detach=detach)
    except SandboxError as error:
        return " ".join(str(error).split())
    return ""


def names_of(cluster: Cluster, count: int) -> list[str]:
    """Names for so many hosts: those of the inventory first, then `lab1`, `lab2` ..."""
    named = [one.name for one in cluster.hosts]
    further = [f"lab{number}" for number in range(1, count + 1)]
    return [*named, *(one for one in further if one not in named)][:count]


def hosts_of(directory: Path) -> LabState | None:
    """The lab of a sandbox where one runs."""
    state = load_lab(lab_folder(directory))
    return state if state is not None and state.alive else None


def point_websites(directory: Path, cluster: Cluster, lab: LabState) -> None:
    """Let the names of all websites and servers lead to their hosts, as DNS does."""
    there = {one.name for one in lab.hosts}
    names = {
        name: site.host
        for one in cluster.municipalities
        for site in one.websites
        for name in (site.domain, *site.aliases)
        if site.host in there and lab.names.get(name) != site.host
    }
    names |= {
        server.hostname: server.host
        for server in cluster.all_servers
        if server.host in there and lab.names.get(server.hostname) != server.host
    }
    if names:
        process.point(lab_folder(directory), names)


def down(directory: Path, *, purge: bool = False) -> bool:
    """End the lab of a sandbox, however it was left; true where one ran."""
    return process.down(lab_folder(directory), purge=purge)

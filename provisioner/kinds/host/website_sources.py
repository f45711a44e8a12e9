"""What of a website has to be saved, wherever it is made."""

from __future__ import annotations

from msgspec import Struct

from provisioner.model.hosts import Website


class Sources(Struct, frozen=True):
    """What a backup reads: files and folders, and databases by their server."""

    paths: tuple[str, ...] = ()
    mariadb: tuple[str, ...] = ()
    postgresql: tuple[str, ...] = ()


def website_sources(site: Website, identity: str) -> Sources:
    """The files of a site and its database; nothing of one that is not made yet."""
    if site.type == "static":
        return Sources(paths=(f"/srv/www/{identity}",))
    return Sources()

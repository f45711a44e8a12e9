"""What of a website has to be saved, wherever it is made."""

from __future__ import annotations

from msgspec import Struct

from provisioner.kinds.host import web_server
from provisioner.kinds.host.wordpress import account_of
from provisioner.model.hosts import Website


class Sources(Struct, frozen=True):
    """What a backup reads: files and folders, and databases by their server."""

    paths: tuple[str, ...] = ()
    mariadb: tuple[str, ...] = ()
    postgresql: tuple[str, ...] = ()


def website_sources(site: Website, identity: str) -> Sources:
    """The files of a site, and its database where it has one."""
    files = (web_server.root_of(identity),)
    if site.type == "static":
        return Sources(paths=files)
    return Sources(paths=files, mariadb=(account_of(identity),))

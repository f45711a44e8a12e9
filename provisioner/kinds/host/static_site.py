"""What a static website shall have on its host. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.kinds.host import web_server
from provisioner.kinds.host.render import render
from provisioner.kinds.host.website_words import WORDS
from provisioner.model.host_state import Directory, File, HostPart
from provisioner.model.hosts import Website

PAGES = ("index", "accessibility", "privacy", "contact", "404")


def static_part(site: Website, identity: str) -> HostPart:
    """A static site: its pages, its names in nginx and its certificate."""
    served = web_server.served(site, identity, "static.conf.j2")
    return HostPart(
        host=site.host,
        packages=web_server.PACKAGES,
        directories=(*served.directories, Directory(web_server.root_of(identity))),
        certificates=(served.certificate,),
        files=(*served.files, *_pages(site, web_server.root_of(identity))),
        absent=web_server.ABSENT,
        services=(served.service,),
        ports=web_server.PORTS,
    )


def _pages(site: Website, root: str) -> Iterator[File]:
    words = WORDS[site.language]
    yield File(f"{root}/style.css", render("website/style.css.j2"))
    for page in (*PAGES, "maintenance"):
        content = render(f"website/{page}.html.j2", site=site, words=words, page=page)
        yield File(f"{root}/{page}.html", content)

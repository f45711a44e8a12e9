"""What a website shall have on its host. Pure: from the inventory to a `HostPart`."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.kinds.host.render import render
from provisioner.kinds.host.website_words import WORDS
from provisioner.model.cluster import Cluster
from provisioner.model.host_state import (
    Certificate,
    Directory,
    File,
    HostPart,
    Service,
)
from provisioner.model.hosts import Website
from provisioner.model.municipality import Municipality
from provisioner.model.place import Place
from provisioner.model.resource import Resource

KIND = "website"
PAGES = ("index", "accessibility", "privacy", "contact", "404")
_SHARED = "/etc/nginx/conf.d/provisioner.conf"
_DEFAULT = "/etc/nginx/sites-enabled/default"
_TLS = "/etc/nginx/tls"
# Tries a site alone, beside what all sites share: a stranger's mistake, or that of
# another site, is no reason to refuse it.
_TEST = """
f=$(mktemp /etc/nginx/.test-XXXXXX) || exit
echo "pid $f.pid; events {} http { include $1; include $0; }" >"$f"
nginx -t -q -c "$f"
e=$?
rm -f "$f" "$f.pid"
exit $e
"""
_VALIDATE = f"sh -c '{_TEST}' %s {_SHARED}"


def desired_websites(
    cluster: Cluster, municipality: Municipality
) -> list[Resource[HostPart]]:
    """The static websites of one municipality, each named by its short name."""
    return [
        Resource(
            municipality.slug,
            KIND,
            one.name,
            website_part(one, f"{municipality.slug}-{one.name}"),
            Place(municipality.file, one.line),
        )
        for one in municipality.websites
        if one.type == "static"
    ]


def website_part(site: Website, identity: str) -> HostPart:
    """A static site: its pages, its names in nginx and its certificate."""
    root = f"/srv/www/{identity}"
    certificate = Certificate(f"{_TLS}/{site.domain}.crt", (site.domain, *site.aliases))
    server = f"/etc/nginx/sites-enabled/{identity}.conf"
    return HostPart(
        host=site.host,
        packages=("nginx", "openssl"),
        directories=(
            Directory(_TLS, "0700"),
            Directory("/srv/www"),
            Directory(root),
        ),
        certificates=(certificate,),
        files=(
            File(_SHARED, render("website/shared.conf.j2")),
            File(
                server,
                render(
                    "website/server.conf.j2",
                    site=site,
                    root=root,
                    certificate=certificate,
                    identity=identity,
                ),
                validate=_VALIDATE,
            ),
            *_pages(site, root),
        ),
        absent=(_DEFAULT,),
        services=(Service("nginx", (_SHARED, server, certificate.path)),),
        ports=("tcp 80", "tcp 443"),
    )


def _pages(site: Website, root: str) -> Iterator[File]:
    words = WORDS[site.language]
    yield File(f"{root}/style.css", render("website/style.css.j2"))
    for page in PAGES:
        content = render(f"website/{page}.html.j2", site=site, words=words, page=page)
        yield File(f"{root}/{page}.html", content)

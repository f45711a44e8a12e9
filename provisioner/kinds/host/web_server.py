"""What all websites share on their host: nginx, names, certificates. Pure."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from provisioner.kinds.host.render import render
from provisioner.kinds.host.website_words import WORDS
from provisioner.model.host_state import (
    Certificate,
    Directory,
    File,
    HostPart,
    Service,
)
from provisioner.model.hosts import Acme, Website

PORTS = ("tcp 80", "tcp 443")
PACKAGES = ("nginx", "openssl")
ABSENT = ("/etc/nginx/sites-enabled/default",)
PROGRAMS = "/usr/local/lib/provisioner"
_SHARED = "/etc/nginx/conf.d/provisioner.conf"
_TLS = "/etc/nginx/tls"
_CHECK = f"{PROGRAMS}/check-nginx"
_DEPLOY = f"{PROGRAMS}/deploy-certificate"
_CHALLENGES = "/var/www/acme"


class Served(Struct, frozen=True):
    """What makes nginx serve one site, by the groups of a `HostPart`."""

    directories: tuple[Directory, ...]
    certificate: Certificate
    files: tuple[File, ...]
    service: Service


def served(site: Website, identity: str, template: str, **values: Any) -> Served:
    """The site's server in nginx, rendered from `website/<template>`.

    A file that nginx refuses is never put in place: the check holds it against the whole
    configuration, and a site that somebody broke does not stand in another's way.
    """
    certificate = Certificate(f"{_TLS}/{site.domain}.crt", (site.domain, *site.aliases))
    path = f"/etc/nginx/sites-enabled/{identity}.conf"
    text = render(
        f"website/{template}",
        site=site,
        root=root_of(identity),
        certificate=certificate,
        identity=identity,
        **values,
    )
    return Served(
        (
            Directory(PROGRAMS),
            Directory(_TLS, "0700"),
            Directory("/srv/www"),
        ),
        certificate,
        (
            File(_CHECK, render("website/check-nginx.sh.j2"), "0755"),
            File(_SHARED, render("website/shared.conf.j2")),
            File(path, text, validate=f"{_CHECK} {path} %s"),
        ),
        Service("nginx", (_SHARED, path, certificate.path)),
    )


def signed_by(part: HostPart, acme: Acme) -> HostPart:
    """A site's part with certificates that certbot gets from this authority."""
    hook = render("website/deploy-certificate.sh.j2", folder=_TLS)
    return msgspec.structs.replace(
        part,
        packages=(*part.packages, "certbot"),
        directories=(*part.directories, Directory(_CHALLENGES)),
        certificates=tuple(
            Certificate(one.path, one.names, acme.directory, acme.email)
            for one in part.certificates
        ),
        files=(*part.files, File(_DEPLOY, hook, "0755")),
        services=(*part.services, Service("certbot.timer")),
    )


def root_of(identity: str) -> str:
    """The folder of a site's own files."""
    return f"/srv/www/{identity}"


def maintenance_page(site: Website, identity: str) -> File:
    """What visitors see while the site is out of service, or what serves it is."""
    words = WORDS[site.language]
    content = render("website/maintenance.html.j2", site=site, words=words, page="")
    return File(f"{root_of(identity)}/maintenance.html", content)

"""What websites shall have on their hosts. Pure: from the inventory to a `HostPart`."""

from __future__ import annotations

from provisioner.kinds.host.static_site import static_part
from provisioner.kinds.host.web_server import signed_by
from provisioner.kinds.host.wordpress import wordpress_part
from provisioner.model.cluster import Cluster
from provisioner.model.host_state import HostPart
from provisioner.model.hosts import Acme, Debian, Website
from provisioner.model.municipality import Municipality
from provisioner.model.place import Place
from provisioner.model.resource import Resource

KIND = "website"


def desired_websites(
    cluster: Cluster, municipality: Municipality
) -> list[Resource[HostPart]]:
    """The websites of one municipality, each named by its short name."""
    debian = {one.name: one.debian for one in cluster.hosts}
    email = next(iter(municipality.cios), "")
    return [
        Resource(
            municipality.slug,
            KIND,
            one.name,
            website_part(
                one,
                f"{municipality.slug}-{one.name}",
                debian[one.host],
                email,
                cluster.acme,
            ),
            Place(municipality.file, one.line),
        )
        for one in municipality.websites
    ]


def website_part(
    site: Website,
    identity: str,
    debian: Debian = 13,
    email: str = "",
    acme: Acme | None = None,
) -> HostPart:
    """A site's part of its host; `identity` names it among all sites there.

    `debian` is the release of the host. `email` is whose account administers a site of
    WordPress where the inventory names nobody. `acme` signs certificates in production.
    """
    if site.type == "static":
        part = static_part(site, identity)
    else:
        part = wordpress_part(site, identity, debian, email)
    return signed_by(part, acme) if acme else part

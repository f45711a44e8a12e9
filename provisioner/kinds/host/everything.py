"""All that anybody wants of hosts: what is in it is declared, all else is not."""

from __future__ import annotations

from provisioner.kinds.host.backup_jobs import desired_backup_jobs
from provisioner.kinds.host.servers import desired_servers
from provisioner.kinds.host.websites import desired_websites
from provisioner.model.cluster import Cluster
from provisioner.model.host_state import HostPart
from provisioner.model.resource import Resource

_SOURCES = (desired_servers, desired_websites, desired_backup_jobs)


def everything(cluster: Cluster) -> list[Resource[HostPart]]:
    """Every resource of every kind on hosts, whoever owns it."""
    own = [one for one in cluster.itself if not one.tenant]
    return [
        resource
        for owner in (*cluster.municipalities, *own)
        for source in _SOURCES
        for resource in source(cluster, owner)
    ]

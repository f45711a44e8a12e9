"""What a server shall have on its host. Pure: from the inventory to a `HostPart`."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from provisioner.kinds.host.backup_stores import store_part
from provisioner.kinds.host.merge import joined
from provisioner.kinds.host.render import render
from provisioner.model.cluster import Cluster
from provisioner.model.host_state import (
    Account,
    Directory,
    File,
    HostPart,
    Link,
    Service,
)
from provisioner.model.hosts import Admin, Host, Opening, Server
from provisioner.model.municipality import Municipality
from provisioner.model.place import Place
from provisioner.model.resource import Resource

KIND = "server"
_PACKAGES = (
    "fail2ban",
    "nftables",
    "openssh-server",
    "prometheus-node-exporter",
    "python3-systemd",
    "sudo",
    "systemd-timesyncd",
    "unattended-upgrades",
)
_SSHD = "/etc/ssh/sshd_config.d/10-provisioner.conf"
_TIME = "/etc/systemd/timesyncd.conf.d/50-provisioner.conf"
_JOURNAL = "/etc/systemd/journald.conf.d/50-provisioner.conf"
_FIREWALL = "/etc/nftables.conf"
_JAIL = "/etc/fail2ban/jail.d/provisioner.local"
_EXPORTER = "/etc/default/prometheus-node-exporter"
_PERIODIC = "/etc/apt/apt.conf.d/20auto-upgrades"
_UPGRADES = "/etc/apt/apt.conf.d/52provisioner-upgrades"
_SUDO = "/etc/sudoers.d/50-provisioner-admins"
EXPORTER_PORT = 9100
_WEB = (Opening(80), Opening(443))


def desired_servers(
    cluster: Cluster, municipality: Municipality
) -> list[Resource[HostPart]]:
    """The servers of one owner, each named by its host."""
    own = municipality.level == "cluster"
    servers = cluster.servers if own else municipality.servers
    hosts = {one.name: one for one in cluster.hosts}
    web = {site.host for one in cluster.municipalities for site in one.websites}
    return [
        Resource(
            municipality.slug,
            KIND,
            one.host,
            _whole(
                server_part(one, hosts[one.host], web=one.host in web), one, cluster
            ),
            Place(municipality.file, one.line),
        )
        for one in servers
    ]


def _whole(part: HostPart, server: Server, cluster: Cluster) -> HostPart:
    """A server that keeps backups is that, too."""
    if server.backup_store is None:
        return part
    return joined(part, store_part(server, cluster))


def server_part(server: Server, host: Host, *, web: bool = False) -> HostPart:
    """A server's part of its host: name, time, people, ways in, updates, limits.

    With `web` it serves websites, and lets their visitors in.
    """
    if web:
        doors = tuple(one for one in _WEB if one not in server.allow)
        server = msgspec.structs.replace(server, allow=(*server.allow, *doors))
    if store := server.backup_store:
        door = Opening(store.port, "tcp", store.sources)
        server = msgspec.structs.replace(server, allow=(*server.allow, door))
    return HostPart(
        host=host.name,
        hostname=server.hostname.partition(".")[0],
        packages=_PACKAGES,
        accounts=tuple(Account(one.name, ("sudo",)) for one in server.admins),
        directories=(
            *map(Directory, (_parent(_TIME), _parent(_JOURNAL))),
            *(
                Directory(f"/home/{one.name}/.ssh", "0700", one.name, one.name)
                for one in server.admins
            ),
        ),
        files=tuple(_files(server, host)),
        links=(Link("/etc/localtime", f"/usr/share/zoneinfo/{server.time_zone}"),),
        services=_SERVICES,
        ports=tuple(_ports(server, host)),
        firewall=_FIREWALL,
    )


_SERVICES = (
    Service("systemd-journald", (_JOURNAL,), restart=True),
    Service("systemd-timesyncd", (_TIME,), restart=True),
    Service("ssh", (_SSHD,)),
    Service("nftables", (_FIREWALL,)),
    Service("fail2ban", (_JAIL,), restart=True),
    Service("unattended-upgrades", (_UPGRADES, _PERIODIC), restart=True),
    Service("prometheus-node-exporter", (_EXPORTER,), restart=True),
)


def _files(server: Server, host: Host) -> Iterator[File]:
    yield _file("/etc/hosts", "hosts.j2", server)
    yield File("/etc/timezone", f"{server.time_zone}\n")
    yield _file(_TIME, "timesyncd.conf.j2", server)
    yield _file(_JOURNAL, "journald.conf.j2", server)
    yield File(
        _SSHD,
        render("server/sshd.conf.j2", host=host),
        validate="/usr/sbin/sshd -t -f %s",
    )
    yield File(
        _FIREWALL,
        render(
            "server/nftables.conf.j2",
            ssh_port=host.port,
            rules=tuple(_rules(server)),
        ),
        "0755",
        validate="/usr/sbin/nft --check --file %s",
    )
    yield _file(_JAIL, "fail2ban.local.j2", server)
    yield _file(_EXPORTER, "node-exporter.j2", server)
    yield _file(_PERIODIC, "periodic.conf.j2", server)
    yield _file(_UPGRADES, "upgrades.conf.j2", server)
    yield File(
        _SUDO,
        render("server/sudoers.j2", server=server),
        "0440",
        validate="/usr/sbin/visudo --check --file=%s",
    )
    yield from map(_keys, server.admins)


def _rules(server: Server) -> Iterator[str]:
    """Rules of nftables for what the inventory opens."""
    exporter = Opening(EXPORTER_PORT, "tcp", server.metrics_from)
    for one in (*server.allow, *([exporter] if server.metrics_from else [])):
        port = f"{one.protocol} dport {one.port} accept"
        if not one.sources:
            yield port
        for family, colon in (("ip", False), ("ip6", True)):
            sources = [some for some in one.sources if (":" in some) is colon]
            if sources:
                yield f"{family} saddr {{ {', '.join(sources)} }} {port}"


def _ports(server: Server, host: Host) -> Iterator[str]:
    """What may listen to others than the host itself."""
    yield f"tcp {host.port}"
    yield f"tcp {EXPORTER_PORT}"
    yield from (f"{one.protocol} {one.port}" for one in server.allow)


def _file(path: str, template: str, server: Server) -> File:
    return File(path, render(f"server/{template}", server=server))


def _keys(admin: Admin) -> File:
    content = render("server/authorized_keys.j2", keys=admin.keys)
    path = f"/home/{admin.name}/.ssh/authorized_keys"
    return File(path, content, "0600", admin.name, admin.name)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]

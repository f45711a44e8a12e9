"""Where the work of an order is done: in tenants, on the hosts of a zone, and on which."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence, Set
from dataclasses import replace
from typing import Any

from provisioner.engine.desired import Desired
from provisioner.engine.scope import Order, kinds_of, owners_of
from provisioner.kind import Kind, Scope
from provisioner.model.backup_assets import backup_hosts
from provisioner.model.cluster import Cluster
from provisioner.model.municipality import Municipality
from provisioner.model.resource import Resource
from provisioner.model.run import Errand


def split(order: Order, cluster: Cluster) -> list[Order]:
    """The order in the parts that workers of different networks carry out.

    What is on no host is one part, and the hosts of each zone are another. An order that
    names a zone already stays whole.
    """
    if order.zone is not None:
        return [order]
    zones = zones_of(order, cluster)
    if not zones:
        return [order]
    parts = [replace(order, zone=zone, part=True) for zone in ("", *zones)]
    return [one for one in parts if _concerns(one)]


def _concerns(part: Order) -> bool:
    """Whether there may be something to do in a part of an order."""
    kinds = {kind.name for kind in kinds_of(part)}
    named = {key.split("/")[1] for key in part.only}
    return bool(kinds & named if named else kinds)


def zones_of(order: Order, cluster: Cluster) -> list[str]:
    """The zones in which an order has hosts to look at, in the cluster's order."""
    return _zones_with(set(hosts_of(order, cluster)), cluster)


def zones_of_errand(
    errand: Errand, slugs: Collection[str], cluster: Cluster
) -> list[str]:
    """The zones in which an errand asks hosts, in the cluster's order; none for most."""
    if errand not in ("backup_scan", "backup_drill"):
        return []
    stores = errand == "backup_scan"
    return _zones_with(set(backup_hosts(cluster, slugs, stores=stores)), cluster)


def hosts_of(order: Order, cluster: Cluster) -> Iterator[str]:
    """The hosts that an order has something on; some of them more than once."""
    kinds = {kind.name for kind in kinds_of(order) if kind.realm == "hosts"}
    here = _hosts_within(cluster, order.zone)
    if not kinds:
        return
    for owner in owners_of(order, cluster):
        yield from (name for name in _used(cluster, owner, kinds) if name in here)


def _used(cluster: Cluster, owner: Municipality, kinds: set[str]) -> Iterator[str]:
    own = cluster.servers if owner.slug == cluster.slug else owner.servers
    groups: dict[str, Sequence[Any]] = {
        "server": own,
        "website": owner.websites,
        "backup_job": owner.backups,
    }
    for kind, entries in groups.items():
        if kind in kinds:
            yield from (one.host for one in entries)


def kept_to(
    desired: Desired, kinds: Sequence[Kind], cluster: Cluster, zone: str | None
) -> tuple[Desired, frozenset[str]]:
    """What is wanted on the hosts of a zone, and the keys of what is elsewhere.

    Without a zone all of it is, wherever it may be.
    """
    if not zone:
        return desired, frozenset()
    here = _hosts_within(cluster, zone)
    on_hosts = {kind.name for kind in kinds if kind.realm == "hosts"}
    kept: Desired = {}
    elsewhere: set[str] = set()
    for kind, by_slug in desired.items():
        kept[kind] = {}
        for slug, some in by_slug.items():
            mine = [one for one in some if kind not in on_hosts or _host(one) in here]
            elsewhere |= {one.key for one in some} - {one.key for one in mine}
            kept[kind][slug] = mine
    return kept, frozenset(elsewhere)


def lock_names(scope: Scope, kinds: Iterable[Kind], desired: Desired) -> list[str]:
    """What an apply holds: each municipality with each kind, and each host it is on.

    Two municipalities with sites on one host would change its web server at once.
    """
    names = set()
    for kind in kinds:
        for one in scope.of(kind).municipalities:
            on_hosts = kind.realm == "hosts"
            wanted = desired[kind.name][one.slug] if on_hosts else ()
            names |= {host_lock(_host(resource)) for resource in wanted}
            if wanted or not on_hosts:
                names.add(f"{one.slug}/{kind.name}")
    return sorted(names)


def host_lock(host: str) -> str:
    """The name of a host's lock; a space is in no municipality's."""
    return f"host {host}"


def _host(resource: Resource[Any]) -> str:
    host: str = resource.spec.host
    return host


def hosts_in(cluster: Cluster, zones: Iterable[str]) -> set[str]:
    """The hosts of these zones, by name."""
    chosen = set(zones)
    return {one.name for one in cluster.hosts if one.zone in chosen}


def _zones_with(hosts: Set[str], cluster: Cluster) -> list[str]:
    used = {one.zone for one in cluster.hosts if one.name in hosts}
    return [one.name for one in cluster.zones if one.name in used]


def _hosts_within(cluster: Cluster, zone: str | None) -> set[str]:
    return hosts_in(
        cluster, [one.name for one in cluster.zones] if zone is None else [zone]
    )

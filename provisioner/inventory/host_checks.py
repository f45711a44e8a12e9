"""What must hold between hosts and what the whole inventory wants of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from provisioner.inventory.characters import shown
from provisioner.inventory.definition.cluster import ClusterFile
from provisioner.inventory.documents import Checked
from provisioner.inventory.draft import Draft
from provisioner.inventory.faults import Faults, suggestion
from provisioner.model.place import Place

Placing = Callable[..., Place]
_GROUPS = ("servers", "websites", "backups")


def check_hosts(
    cluster: Checked[ClusterFile] | None, drafts: Sequence[Draft], faults: Faults
) -> None:
    """Every fault about hosts that takes more than one entry to see."""
    checks = _Checks(faults)
    parts = cluster.parts if cluster else {}
    if cluster:
        checks.cluster(parts, cluster.document.place)
    files = [(parts, cluster.document.place)] if cluster else []
    files += [(draft.parts, draft.place) for draft in drafts]
    if "hosts" in parts:
        checks.known([one.name for one in parts["hosts"]], files)
    checks.servers(files)
    for draft in drafts:
        checks.municipality(draft)
    checks.names_in_the_web(drafts)


class _Checks:
    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def cluster(self, parts: dict[str, Any], place: Placing) -> None:
        """Zones and hosts are there once, and each host's zone exists."""
        zones, hosts = parts.get("zones", ()), parts.get("hosts", ())
        self._once(
            ((one.name, place("zones", at, "name")) for at, one in enumerate(zones)),
            "duplicate-zone",
            "A zone",
        )
        self._once(
            ((one.name, place("hosts", at, "name")) for at, one in enumerate(hosts)),
            "duplicate-host",
            "A host",
        )
        self._once(
            (
                (f"{one.address} port {one.port}", place("hosts", at, "address"))
                for at, one in enumerate(hosts)
            ),
            "duplicate-host",
            "A host at",
        )
        if "zones" in parts:
            known = [one.name for one in zones]
            for at, one in enumerate(hosts):
                where = place("hosts", at, "zone")
                self._member(one.zone, known, where, "unknown-zone", "zone")

    def known(
        self, hosts: Sequence[str], files: Iterable[tuple[dict[str, Any], Placing]]
    ) -> None:
        """Whatever is on a host is on one that the cluster has."""
        for parts, place in files:
            for group in _GROUPS:
                for at, one in enumerate(parts.get(group, ())):
                    where = place(group, at, "host")
                    self._member(one.host, hosts, where, "unknown-host", "host")

    def servers(self, files: Iterable[tuple[dict[str, Any], Placing]]) -> None:
        """A host is described once, and names each account once."""
        self._once(_hosts_of_servers(files), "duplicate-server", "A server on")
        for parts, place in files:
            for at, one in enumerate(parts.get("servers", ())):
                self._once(
                    (
                        (admin.name, place("servers", at, "admins", number, "name"))
                        for number, admin in enumerate(one.admins)
                    ),
                    "duplicate-account",
                    "The account",
                )

    def municipality(self, draft: Draft) -> None:
        """Names within a municipality, and the websites that its backups name."""
        websites = draft.parts.get("websites", ())
        for group, code, what in (
            ("websites", "duplicate-website", "A website"),
            ("backups", "duplicate-backup", "A backup"),
        ):
            named = enumerate(draft.parts.get(group, ()))
            places = ((one.name, draft.place(group, at, "name")) for at, one in named)
            self._once(places, code, what)
        if draft.checked is None or "websites" not in draft.parts:
            known: list[str] | None = None if _named(draft, "websites") else []
        else:
            known = [one.name for one in websites]
        if known is None:
            return
        for at, one in enumerate(draft.parts.get("backups", ())):
            for number, name in enumerate(one.websites):
                where = draft.place("backups", at, "websites", number)
                self._member(name, known, where, "unknown-website", "website")

    def names_in_the_web(self, drafts: Iterable[Draft]) -> None:
        """A name in the web, and one on the hosts, is that of one website."""
        known = list(drafts)
        self._once(_web_names(known), "duplicate-website", "The name")
        self._once(_identities(known), "duplicate-website", "On the hosts the name")

    def _once(self, named: Iterable[tuple[str, Place]], code: str, what: str) -> None:
        first: dict[str, Place] = {}
        for name, place in named:
            other = first.setdefault(name, place)
            if other is not place:
                told = f"{what} {shown(name)} stands there already ({other})."
                self._faults.add(place, code, told, "Each is named once.")

    def _member(
        self, name: str, known: Sequence[str], place: Place, code: str, what: str
    ) -> None:
        if name not in known:
            otherwise = f"Known: {', '.join(known) or 'none'}."
            told = f"There is no {what} {shown(name)}."
            self._faults.add(place, code, told, suggestion(name, known, otherwise))


def _named(draft: Draft, key: str) -> bool:
    """Whether the file has the key at all, right or wrong."""
    return draft.checked is not None and key in draft.checked.document.value


def _hosts_of_servers(
    files: Iterable[tuple[dict[str, Any], Placing]],
) -> Iterator[tuple[str, Place]]:
    for parts, place in files:
        for at, one in enumerate(parts.get("servers", ())):
            yield one.host, place("servers", at, "host")


def _web_names(drafts: Iterable[Draft]) -> Iterator[tuple[str, Place]]:
    for draft in drafts:
        for at, one in enumerate(draft.parts.get("websites", ())):
            yield one.domain, draft.place("websites", at, "domain")
            for number, alias in enumerate(one.aliases):
                yield alias, draft.place("websites", at, "aliases", number)


def _identities(drafts: Iterable[Draft]) -> Iterator[tuple[str, Place]]:
    """What folders and accounts of sites are called: no two may be alike.

    Within one municipality that is told as a name that stands there twice.
    """
    for draft in drafts:
        names = dict.fromkeys(one.name for one in draft.parts.get("websites", ()))
        at = {one.name: n for n, one in enumerate(draft.parts.get("websites", ()))}
        for name in names:
            place = draft.place("websites", at[name], "name")
            yield f"{draft.slug}-{name}", place

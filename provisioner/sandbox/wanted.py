"""The DNS records the sandbox's tenants want, for a diligent host to copy."""

from __future__ import annotations

from typing import Any

from provisioner.sandbox.tenant.domain import (
    Domain,
    service_records,
    verification_records,
)
from provisioner.sandbox.tenant.world import World
from provisioner.sandbox.zones import Record, records_of


class Wants:
    """What the tenants of a world want; the same object until a domain changes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._of: tuple[tuple[object, ...], ...] = ()
        self._found: dict[str, list[Record]] = {}

    def __call__(self) -> dict[str, list[Record]]:
        tenants = list(self._world.tenants.values())
        now = tuple((one.initial_domain, *one.domains.values()) for one in tenants)
        if now != self._of:
            self._of, self._found = now, wanted(self._world)
        return self._found


def wanted(world: World) -> dict[str, list[Record]]:
    """What each domain shall have; the tenants' first domains are the vendor's own.

    Of the two ways to prove a domain only the TXT record is taken: the MX one would
    stand beside the real MX. Two tenants may want records for the same domain.
    """
    found: dict[str, list[Record]] = {}
    for directory in world.tenants.values():
        # A copy in one step: a verifying tenant asks from another thread.
        for domain in list(directory.domains.values()):
            if not domain.initial:
                records = found.setdefault(domain.id, [])
                records += _of_domain(domain, directory.initial_domain)
    return found


def _of_domain(domain: Domain, initial_domain: str) -> list[Record]:
    proofs = (one for one in verification_records(domain) if "text" in one)
    services = service_records(domain)
    records = [_record(one) for one in (*proofs, *services)]
    return records + (records_of(domain.id, initial_domain) if services else [])


def _record(listed: dict[str, Any]) -> Record:
    """One `microsoft.graph.domainDns…Record` as a record of a zone."""
    if "text" in listed:
        text = listed["text"]
    elif "mailExchange" in listed:
        text = f"{listed['preference']} {listed['mailExchange']}"
    else:
        text = listed["canonicalName"]
    return Record(listed["label"].lower(), listed["recordType"].upper(), text)

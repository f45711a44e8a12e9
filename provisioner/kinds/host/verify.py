"""Proof that a host is as wanted: a new way in, everything compared once more."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.errors import ProviderError
from provisioner.kind import HostProviders
from provisioner.kinds.host.differ import BY_ITS_CONDITION, compared
from provisioner.kinds.host.observe import Resources, look, part_seen
from provisioner.model.cluster import Cluster
from provisioner.model.host_state import HostPart
from provisioner.model.outcome import Check, Proof
from provisioner.providers.ansible.hosts import HostSeen


async def verify_parts(
    cluster: Cluster, resources: Resources, providers: HostProviders
) -> list[Proof]:
    """One proof for each resource, from a look of its own."""
    hosts = {one.spec.host for one in resources}
    seen = await look(cluster, hosts, providers)
    return [
        Proof(
            one.municipality,
            one.kind,
            one.name,
            providers.now(),
            tuple(_checks(one.spec, seen[one.spec.host])),
        )
        for one in resources
    ]


def _checks(part: HostPart, seen: HostSeen | ProviderError) -> Iterator[Check]:
    if isinstance(seen, ProviderError):
        yield Check("host answers", holds=False, detail=str(seen))
        return
    yield Check("host answers", holds=True)
    left = [one.field for one in compared(part, part_seen(seen), None)]
    yield Check("everything is as wanted", holds=not left, detail=", ".join(left))
    for service in part.services:
        running = seen.facts.get(f"service {service.name} running")
        conditioned = running == BY_ITS_CONDITION
        detail = "does not run on such a machine, by its own condition"
        yield Check(
            f"{service.name} runs",
            holds=running is True or conditioned,
            detail=detail if conditioned else "",
        )

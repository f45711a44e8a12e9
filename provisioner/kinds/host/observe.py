"""Looking at hosts: what all resources on them want, compared in one task for each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from provisioner.errors import ProviderError
from provisioner.kind import HostProviders, Scope
from provisioner.kind import Observed as KindObserved
from provisioner.kinds.host.differ import SeenPart
from provisioner.kinds.host.everything import KINDS, everything, owners
from provisioner.kinds.host.left_over import dropped_parts, former_files, left_of
from provisioner.kinds.host.merge import HostState, merge
from provisioner.model.cluster import Cluster
from provisioner.model.host_state import HostPart, facts
from provisioner.model.resource import Observation, Observed, Resource, Unknown
from provisioner.providers.ansible.hosts import HostSeen

Resources = Sequence[Resource[HostPart]]


async def observe_parts(
    scope: Scope,
    kind: str,
    desired: Mapping[str, Resources],
    providers: HostProviders,
    *,
    undeclared: bool,
) -> KindObserved:
    """The parts of one kind on all hosts; a host that cannot be read is unknown alone.

    `undeclared`: also what nobody declared on the host.
    """
    wanted = [one for owner in scope.municipalities for one in desired[owner.slug]]
    last = providers.last_applied(one.slug for one in scope.municipalities)
    dropped = {
        owner.slug: dropped_parts(kind, last[owner.slug], desired[owner.slug])
        for owner in scope.municipalities
    }
    hosts = {one.spec.host for one in wanted}
    hosts |= {one.host for some in dropped.values() for one in some.values()}
    hosts &= {one.name for one in scope.cluster.hosts}
    async with providers.looking:
        unseen = hosts - providers.observed.keys()
        providers.observed.update(await look(scope.cluster, unseen, providers))
    seen = providers.observed
    found: dict[str, Observation[Any]] = {}
    for owner in scope.municipalities:
        present, unknown = {}, []
        for one in desired[owner.slug]:
            on_host = seen[one.spec.host]
            if isinstance(on_host, ProviderError):
                unknown.append(Unknown(owner.slug, kind, one.name, str(on_host)))
            elif left := lacking(one.spec, on_host):
                files = [file.path for file in one.spec.files]
                why = [on_host.untold[path] for path in files if path in on_host.untold]
                nothing = f"The host told nothing of: {', '.join(left)}"
                what = " ".join(dict.fromkeys(why)) or nothing
                unknown.append(Unknown(owner.slug, kind, one.name, what))
            else:
                part = part_seen(on_host, undeclared=undeclared)
                present[one.name] = Observed(one.name, one.spec.host, part)
        behind = {
            name: told
            for name, part in dropped[owner.slug].items()
            if (told := left_of(part, seen.get(part.host)))
        }
        found[owner.slug] = Observation(
            present, unknown=tuple(unknown), left_behind=behind
        )
    return KindObserved(found)


async def look(
    cluster: Cluster, hosts: Collection[str], providers: HostProviders
) -> dict[str, HostSeen | ProviderError]:
    """What is on these hosts, held against all that anybody wants of them."""
    wanted = [one for one in everything(cluster) if one.spec.host in hosts]
    last = providers.last_applied(owners(cluster))
    former = former_files(KINDS, wanted, last)
    given = {host: merge(()) for host in hosts} | states(wanted)
    return await providers.hosts.observe(given, former)


def states(wanted: Iterable[Resource[HostPart]]) -> dict[str, HostState]:
    """The state of each host that these resources are on."""
    parts: dict[str, list[tuple[str, HostPart]]] = {}
    for one in wanted:
        parts.setdefault(one.spec.host, []).append((one.key, one.spec))
    return {host: merge(some) for host, some in parts.items()}


def part_seen(seen: HostSeen, *, undeclared: bool = True) -> SeenPart:
    """All that was seen on a host; who compares takes what is theirs."""
    return SeenPart(seen.facts, seen.texts, seen.undeclared if undeclared else {})


def lacking(part: HostPart, seen: HostSeen) -> list[str]:
    """Facts the module should have told and did not: they are unknown, not absent."""
    return sorted(facts(part).keys() - seen.facts.keys())

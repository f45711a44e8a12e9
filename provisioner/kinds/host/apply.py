"""Making hosts as wanted, all at once, and believing only what is seen afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

from provisioner.errors import ProviderError, TransientProviderError
from provisioner.kind import HostProviders
from provisioner.kinds.host.differ import compared
from provisioner.kinds.host.first_passwords import FirstPasswords
from provisioner.kinds.host.merge import HostState
from provisioner.kinds.host.narrow import narrowed
from provisioner.kinds.host.observe import look, part_seen, states
from provisioner.model.change import Change, FieldChange
from provisioner.model.cluster import Cluster
from provisioner.model.host_state import HostPart
from provisioner.model.outcome import Outcome, Status
from provisioner.model.resource import Resource
from provisioner.providers.ansible.hosts import HostSeen

_TOLD = 4


async def apply_parts(
    cluster: Cluster, changes: Sequence[Change], providers: HostProviders
) -> AsyncIterator[Outcome]:
    """Apply what differs, look again, and tell of each change how it ended."""
    wanted = [_resource(one) for one in changes]
    needed = _needed(changes, wanted)
    handing = FirstPasswords(changes, providers)
    handing.put_into(needed)
    failures = await providers.hosts.apply(needed)
    hosts = {one.spec.host for one in wanted}
    seen = await look(cluster, hosts, providers)
    days = timedelta(days=cluster.defaults.secret_days)
    for change, resource in zip(changes, wanted, strict=True):
        host = resource.spec.host
        secret = handing.released(change, seen[host], providers.now() + days)
        yield _outcome(change, failures[host], seen[host], secret)


def _resource(change: Change) -> Resource[HostPart]:
    assert isinstance(change.spec, HostPart)  # noqa: S101  the differ's own change
    return Resource(
        change.municipality, change.kind, change.name, change.spec, change.place
    )


def _needed(
    changes: Sequence[Change], wanted: Sequence[Resource[HostPart]]
) -> dict[str, HostState]:
    fields: dict[str, list[FieldChange]] = {}
    for change, resource in zip(changes, wanted, strict=True):
        fields.setdefault(resource.spec.host, []).extend(change.fields)
    whole = states(wanted)
    return {host: narrowed(whole[host], some) for host, some in fields.items()}


def _outcome(
    change: Change,
    failure: ProviderError | None,
    seen: HostSeen | ProviderError,
    secret_id: str,
) -> Outcome:
    status, reason, transient = Status.DONE, "", False
    if isinstance(seen, ProviderError):
        status, reason = Status.FAILED, f"cannot be seen after the writes: {seen}"
        transient = True
    else:
        left = _left(change, seen)
        if left:
            status = Status.FAILED
            shown = ", ".join(left[:_TOLD]) + (" …" if len(left) > _TOLD else "")
            why = f"{failure} " if failure else ""
            reason = f"{why}Still not as wanted: {shown}."
            transient = isinstance(failure, TransientProviderError)
    return Outcome(
        change.municipality,
        change.kind,
        change.name,
        change.action,
        status,
        reason,
        transient=transient,
        object_id=change.object_id,
        secret_id=secret_id,
    )


def _left(change: Change, seen: HostSeen) -> list[str]:
    """What is still not as wanted; files that shall go among it."""
    spec: Any = change.spec
    gone = [one.field for one in change.fields if one.after is None]
    left = [one.field for one in compared(spec, part_seen(seen), None)]
    return left + [name for name in gone if seen.facts.get(name) is not None]

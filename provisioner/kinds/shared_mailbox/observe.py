"""Every shared mailbox of a tenant by municipality, or what Graph shows of the wanted."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.errors import ProviderError
from provisioner.kind import Observed as KindObserved
from provisioner.kind import Providers, Scope
from provisioner.kinds.shared_mailbox.reading import (
    Parts,
    by_graph,
    is_a_persons,
    mark,
    observed,
    read_parts,
    read_users,
)
from provisioner.kinds.shared_mailbox.spec import KIND, SharedMailboxSpec, read_mark
from provisioner.model.cluster import Tenant
from provisioner.model.resource import Observation, Observed, Resource, Unknown
from provisioner.providers.graph.wire import User

# Entra prefixes the UPN of a deleted user with its object id, dashes removed.
_DELETED_PREFIX = re.compile(r"^[0-9a-f]{32}(?=.+@)")

Desired = Mapping[str, Sequence[Resource[Any]]]


async def observe_shared(
    scope: Scope, tenant: Tenant, desired: Desired, providers: Providers
) -> KindObserved:
    """The shared mailboxes in the domains of the tenant's municipalities.

    Raises `ProviderError` when the list of them cannot be read.
    """
    if providers.exchange is None:
        return await _by_graph(scope, tenant, desired, providers)
    by_domain = {one.domain: one.slug for one in scope.in_tenant(tenant)}
    homes = {
        row.external_directory_object_id: (slug, row)
        for row in await providers.exchange.shared_mailboxes()
        if (slug := by_domain.get(row.primary_smtp_address.lower().rpartition("@")[2]))
    }
    rows = [row for _, row in homes.values()]
    parts = await read_parts(rows, tenant, providers.exchange, providers)
    present: dict[str, dict[str, Any]] = defaultdict(dict)
    unknown: dict[str, list[Unknown]] = defaultdict(list)
    for identifier, (slug, row) in homes.items():
        if reason := parts.failed.get(identifier):
            name = row.primary_smtp_address.lower()
            unknown[slug].append(Unknown(slug, KIND, name, reason))
            continue
        if is_a_persons(parts.users[identifier], tenant):
            continue  # a person's, made shared when the person left
        one = observed(row, parts, tenant, slug)
        present[slug][one.name] = one
    gone = await _deleted(tenant, desired, present, unknown, providers)
    return KindObserved(
        {
            slug: Observation(
                present.get(slug, {}), gone.get(slug, {}), tuple(unknown[slug])
            )
            for slug in by_domain.values()
        }
    )


async def _deleted(
    tenant: Tenant,
    desired: Desired,
    present: Mapping[str, Mapping[str, Any]],
    unknown: dict[str, list[Unknown]],
    providers: Providers,
) -> dict[str, dict[str, Any]]:
    """Deleted ones that bear our mark; asked for only where something is missing."""
    missing = [
        one
        for slug, resources in desired.items()
        for one in resources
        if one.name not in present.get(slug, {})
    ]
    if not missing:
        return {}
    try:
        users = await providers.directory.deleted_users()
    except ProviderError as error:
        reason = f"the recycle bin could not be read: {error}"
        for one in missing:
            unknown[one.municipality].append(
                Unknown(one.municipality, KIND, one.name, reason)
            )
        return {}
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for user in sorted(users, key=lambda one: one.deleted_date_time or ""):
        if home := read_mark(mark(user, tenant)):
            found[home[0]][home[1]] = _of_deleted(user, home[1], mark(user, tenant))
    return found


def _of_deleted(user: User, name: str, found: str) -> Observed[Any]:
    address = _DELETED_PREFIX.sub("", user.user_principal_name.lower())
    spec = SharedMailboxSpec(address, user.display_name or "")
    return Observed(name, user.id, spec, found)


async def _by_graph(
    scope: Scope, tenant: Tenant, desired: Desired, providers: Providers
) -> KindObserved:
    """The wanted ones alone, by sign-in name: that is all that can be seen."""
    wanted = {one.name: slug for slug, some in desired.items() for one in some}
    parts = Parts()
    await read_users(wanted, providers, parts)
    seen: dict[str, Observation[Any]] = {}
    for municipality in scope.in_tenant(tenant):
        slug = municipality.slug
        mine = [name for name, home in wanted.items() if home == slug]
        seen[slug] = Observation(
            {
                name: by_graph(parts.users[name], name, tenant)
                for name in mine
                if name in parts.users
            },
            {},
            tuple(
                Unknown(slug, KIND, name, parts.failed[name])
                for name in mine
                if name in parts.failed
            ),
        )
    return KindObserved(seen)

"""Reading administrative units: all of a tenant, and who is in those that concern us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.errors import ProviderError
from provisioner.kind import Observed as KindObserved
from provisioner.kind import Providers, Scope
from provisioner.kinds.administrative_unit.spec import KIND, AdministrativeUnitSpec
from provisioner.kinds.mailbox.spec import read_mark
from provisioner.kinds.membership.description import read_description
from provisioner.kinds.membership.observe import addresses, sorted_out
from provisioner.model.cluster import Tenant
from provisioner.model.resource import Observed, Resource
from provisioner.providers.graph.rosters import Roster
from provisioner.providers.graph.wire import AdministrativeUnit


async def observe_units(
    scope: Scope,
    tenant: Tenant,
    desired: Mapping[str, Sequence[Resource[Any]]],
    providers: Providers,
) -> KindObserved:
    """The units of the tenant's municipalities, by few calls for all.

    Raises `ProviderError` when users or units cannot be read; a unit whose members cannot
    be read is unknown alone.
    """
    people = await providers.directory.people()
    units = providers.directory.administrative_units
    owners = {one.slug: desired[one.slug] for one in scope.in_tenant(tenant)}
    found = by_owner(owners, await units.every())
    rosters = await units.members([one.id for one in found.values()])
    return KindObserved(
        {
            slug: sorted_out(
                slug,
                KIND,
                [(slug, _observed(slug, found[slug], rosters, people))]
                if slug in found
                else [],
                {},
            )
            for slug in owners
        }
    )


def by_owner(
    owners: Mapping[str, Sequence[Resource[Any]]], units: Sequence[AdministrativeUnit]
) -> dict[str, AdministrativeUnit]:
    """Units by the municipality they are of, or are called like; a mark wins."""
    named = {r.spec.display_name: slug for slug, some in owners.items() for r in some}
    found: dict[str, AdministrativeUnit] = {}
    for unit in units:
        slug = named.get(unit.display_name or "")
        if slug and not read_description(unit.description).mark:
            found[slug] = unit
    for unit in units:
        marked = read_mark(read_description(unit.description).mark)
        if marked is not None and marked[0] in owners and marked[0] == marked[1]:
            found[marked[0]] = unit
    return found


def _observed(
    slug: str,
    unit: AdministrativeUnit,
    rosters: Mapping[str, Roster | ProviderError],
    people: Mapping[str, str],
) -> Observed[Any] | ProviderError:
    roster = rosters[unit.id]
    if isinstance(roster, ProviderError):
        return roster
    mark, text = read_description(unit.description)
    members = addresses(roster, people)
    spec = AdministrativeUnitSpec(unit.display_name or "", text, members)
    return Observed(slug, unit.id, spec, mark)

"""Reading forums: the groups that bear our mark or a forum's name, and who is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.errors import ProviderError
from provisioner.kind import Observed as KindObserved
from provisioner.kind import Providers, Scope
from provisioner.kinds.forum.spec import KIND, NICKNAME_PREFIX, ForumSpec
from provisioner.kinds.mailbox.spec import read_mark
from provisioner.kinds.membership.description import read_description
from provisioner.kinds.membership.observe import addresses, sorted_out
from provisioner.model.cluster import Tenant
from provisioner.model.mark import MARK_PREFIX
from provisioner.model.resource import Observation, Observed, Resource
from provisioner.providers.graph.rosters import Roster
from provisioner.providers.graph.wire import Group


async def observe_forums(
    scope: Scope,
    tenant: Tenant,
    desired: Mapping[str, Sequence[Resource[Any]]],
    providers: Providers,
) -> KindObserved:
    """The forums of the cluster in one tenant, by few calls for all.

    Raises `ProviderError` when users or groups cannot be read; a forum whose members
    cannot be read is unknown alone.
    """
    people = await providers.directory.people()
    seen = {
        one.slug: await _observation(one.slug, desired[one.slug], people, providers)
        for one in scope.in_tenant(tenant)
    }
    return KindObserved(seen)


async def _observation(
    owner: str,
    desired: Sequence[Resource[Any]],
    people: Mapping[str, str],
    providers: Providers,
) -> Observation[Any]:
    groups = providers.directory.groups
    found = by_name(owner, await groups.find(MARK_PREFIX, NICKNAME_PREFIX))
    ids = [one.id for one in found.values()]
    members = await groups.members(ids)
    owners = await groups.owners(ids) if _leads(desired) else {}
    reader = _Reader({one.name: one.spec for one in desired}, people)
    seen = [
        (name, reader.observed(name, group, members[group.id], owners.get(group.id)))
        for name, group in found.items()
    ]
    absent = any(one.name not in found for one in desired)
    gone = by_name(owner, await groups.deleted()) if absent else {}
    deleted = {
        name: reader.one(name, group, frozenset(), frozenset())
        for name, group in gone.items()
        if read_description(group.description).mark
    }
    return sorted_out(owner, KIND, seen, deleted)


def _leads(desired: Sequence[Resource[Any]]) -> bool:
    return any(one.spec.owners for one in desired)


def by_name(owner: str, groups: Sequence[Group]) -> dict[str, Group]:
    """Groups by the name of the forum they are, or are called like; a mark wins."""
    found: dict[str, Group] = {}
    for group in groups:
        nickname = (group.mail_nickname or "").lower()
        if not read_description(group.description).mark and nickname.startswith(
            NICKNAME_PREFIX
        ):
            found[nickname.removeprefix(NICKNAME_PREFIX)] = group
    for group in groups:
        marked = read_mark(read_description(group.description).mark)
        if marked is not None and marked[0] == owner:
            found[marked[1]] = group
    return found


class _Reader:
    """Turns groups into observed forums."""

    def __init__(self, wanted: Mapping[str, ForumSpec], people: Mapping[str, str]):
        self._wanted = wanted
        self._people = people
        guests = {guest for one in wanted.values() for guest in one.guests}
        self._guests = guests.intersection(people.values()) if guests else set()

    def observed(
        self,
        name: str,
        group: Group,
        members: Roster | ProviderError,
        owners: Roster | ProviderError | None,
    ) -> Observed[Any] | ProviderError:
        if isinstance(members, ProviderError):
            return members
        if isinstance(owners, ProviderError):
            return owners
        return self.one(name, group, members, owners or frozenset())

    def one(
        self, name: str, group: Group, members: Roster, owners: Roster
    ) -> Observed[Any]:
        mark, text = read_description(group.description)
        wanted = self._wanted.get(name)
        spec = ForumSpec(
            group.display_name or "",
            text,
            group.mail_nickname or "",
            addresses(owners, self._people),
            addresses(members, self._people),
            tuple(
                one for one in (wanted.guests if wanted else ()) if one in self._guests
            ),
        )
        return Observed(name, group.id, spec, mark)

"""Proof of objects with members: there, marked, and filled as wanted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from provisioner.errors import ProviderError
from provisioner.kind import Providers
from provisioner.kinds.membership.side import Side
from provisioner.kinds.pacing import Backoff
from provisioner.model.outcome import Check, Proof
from provisioner.model.resource import Resource

# A roster longer than a page is proven by its length: the writes were confirmed one by
# one, and reading thousands back for fifty changes would cost more than changing them.
_A_PAGE = 999
_PATIENCE = 30.0

Count = Callable[[str], Awaitable[int]]


async def verify_memberships(
    resources: Sequence[Resource[Any]],
    providers: Providers,
    side: Side,
    count: Count | None = None,
) -> list[Proof]:
    """One proof for each resource; the tenant is given some seconds to show it.

    `count` tells how many members an object has without listing them.
    """
    proving = _Proving(providers, side, count, await _ids(providers))
    backoff = Backoff(_PATIENCE)
    checks = await proving.look(resources)
    while open_ := [r for r in resources if not all(c.holds for c in checks[r.key])]:
        if not await backoff.rest():
            break
        checks |= await proving.look(open_)
    return [
        Proof(one.municipality, one.kind, one.name, providers.now(), checks[one.key])
        for one in resources
    ]


async def _ids(providers: Providers) -> dict[str, str]:
    people = await providers.directory.people()
    return {address: user_id for user_id, address in people.items()}


class _Proving:
    """One look after another at the same resources."""

    def __init__(
        self,
        providers: Providers,
        side: Side,
        count: Count | None,
        ids: Mapping[str, str],
    ) -> None:
        self._providers = providers
        self._side = side
        self._count = count
        self._ids = ids

    async def look(
        self, resources: Sequence[Resource[Any]]
    ) -> dict[str, tuple[Check, ...]]:
        marked = await self._side.marked()
        there = {
            one.key: object_id
            for one in resources
            if (object_id := marked.get(self._side.mark(one.municipality, one.name)))
        }
        listed = [there[r.key] for r in resources if r.key in there and self._lists(r)]
        rosters = await self._side.members(listed)
        return {
            one.key: (
                await self._checks(one, there[one.key], rosters)
                if one.key in there
                else (Check("exists and bears our mark", holds=False),)
            )
            for one in resources
        }

    def _lists(self, resource: Resource[Any]) -> bool:
        return self._count is None or len(resource.spec.members) < _A_PAGE

    async def _checks(
        self, resource: Resource[Any], object_id: str, rosters: Mapping[str, Any]
    ) -> tuple[Check, ...]:
        marked = Check("exists and bears our mark", holds=True)
        wanted = self._wanted(resource)
        if self._lists(resource):
            return marked, _listed(wanted, rosters[object_id])
        return marked, await self._counted(len(wanted), object_id)

    def _wanted(self, resource: Resource[Any]) -> set[str]:
        named = (*resource.spec.members, *getattr(resource.spec, "guests", ()))
        return {self._ids[one] for one in named if one in self._ids}

    async def _counted(self, wanted: int, object_id: str) -> Check:
        assert self._count is not None  # noqa: S101  `_lists` asked
        try:
            found = await self._count(object_id)
        except ProviderError as error:
            return Check("members as wanted", holds=False, detail=str(error))
        return Check(
            "members as wanted", holds=found == wanted, detail=f"{found} of {wanted}"
        )


def _listed(wanted: set[str], roster: frozenset[str] | ProviderError) -> Check:
    if isinstance(roster, ProviderError):
        return Check("members as wanted", holds=False, detail=str(roster))
    holds = wanted <= roster
    detail = f"{len(wanted & roster)} of {len(wanted)}"
    return Check("members as wanted", holds=holds, detail=detail)

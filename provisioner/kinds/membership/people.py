"""From addresses to user ids: read once for all, asked by name only for who is new."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from provisioner.errors import ProviderError
from provisioner.providers.graph.calls import get_user
from provisioner.providers.graph.directory import Directory
from provisioner.providers.graph.wire import decode_user

# More people than this are not asked for by name: the next run will see them.
_MOST_BY_NAME = 1000


class People:
    """Who has which user id in one tenant; `fresh` are those found only now."""

    def __init__(self, directory: Directory, guests: Collection[str]) -> None:
        self._directory = directory
        self._guests = frozenset(guests)
        self._ids: dict[str, str] = {}
        self.fresh: set[str] = set()
        self.refused: dict[str, ProviderError] = {}

    async def find(self, addresses: Collection[str], *, invite: bool) -> None:
        """Learn the ids of `addresses`; guests that nobody knows are invited if told.

        Raises `ProviderError` where the tenant's users cannot be read.
        """
        self._take(await self._directory.people())
        if not (missing := self._missing(addresses)):
            return
        # Whoever was made a moment ago is in the changes since the last read.
        await self._directory.users()
        self._take(await self._directory.people())
        await self._ask_by_name(self._missing(addresses) - self._guests)
        if invite:
            await self._invite(self._missing(addresses) & self._guests)
        self.fresh = {self._ids[one] for one in missing if one in self._ids}

    @property
    def known(self) -> frozenset[str]:
        """The ids of all users there are."""
        return frozenset(self._ids.values())

    def id_of(self, address: str) -> str | None:
        return self._ids.get(address)

    def _take(self, people: Mapping[str, str]) -> None:
        self._ids = {address: user_id for user_id, address in people.items()}

    def _missing(self, addresses: Collection[str]) -> set[str]:
        return {one for one in addresses if one not in self._ids}

    async def _ask_by_name(self, addresses: set[str]) -> None:
        """The index lags behind the directory itself, which knows everybody."""
        if len(addresses) > _MOST_BY_NAME:
            return
        calls = (get_user(one, one, "id") for one in sorted(addresses))
        async for reply in self._directory.batch(calls):
            if reply.error is None:
                self._ids[reply.id] = decode_user(reply.body).id

    async def _invite(self, addresses: set[str]) -> None:
        for address, made in (await self._directory.invite(sorted(addresses))).items():
            if isinstance(made, ProviderError):
                self.refused[address] = made
            else:
                self._ids[address] = made

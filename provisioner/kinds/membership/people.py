"""From addresses to user ids: read once for all, asked by name only for who is new."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from provisioner.errors import ProviderError
from provisioner.providers.graph.calls import get_user
from provisioner.providers.graph.directory import Directory
from provisioner.providers.graph.wire import decode_user

# More people than this are not asked for by name: the next run will see them.
_MOST_BY_NAME = 1000


_SELECT = "id,onPremisesExtensionAttributes"


class People:
    """Who has which user id in one tenant; `fresh` are those found only now.

    An account that bears no mark of ours waits for its adoption: what it would join gives
    it, or others over it, rights that nobody decided on. Guests bear none.
    """

    def __init__(self, directory: Directory, guests: Collection[str]) -> None:
        self._directory = directory
        self._guests = frozenset(guests)
        self._ids: dict[str, str] = {}
        self._unmarked: set[str] = set()
        self.fresh: set[str] = set()
        self.refused: dict[str, ProviderError] = {}

    async def find(self, addresses: Collection[str], *, invite: bool) -> None:
        """Learn the ids of `addresses`; guests that nobody knows are invited if told.

        Raises `ProviderError` where the tenant's users cannot be read.
        """
        self._take(await self._directory.people())
        missing = self._missing(addresses)
        if not missing and not self._strangers(addresses):
            return
        # Whoever was made a moment ago is in the changes since the last read.
        await self._directory.users()
        self._take(await self._directory.people())
        await self._ask_by_name(self._missing(addresses) - self._guests)
        if invite:
            await self._invite(self._missing(addresses) & self._guests)
        self.fresh = {self._ids[one] for one in missing if one in self._ids}

    def member_id(self, address: str) -> str | None:
        """The id of who may join: of ours, or a guest."""
        user_id = self._ids.get(address)
        bare = user_id in self._directory.strangers or user_id in self._unmarked
        return None if bare and address not in self._guests else user_id

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

    def _strangers(self, addresses: Collection[str]) -> set[str]:
        """Those who may have been adopted a moment ago."""
        return {
            one for one in addresses if one in self._ids and not self.member_id(one)
        }

    async def _ask_by_name(self, addresses: set[str]) -> None:
        """The index lags behind the directory itself, which knows everybody."""
        if len(addresses) > _MOST_BY_NAME:
            return
        calls = (get_user(one, one, _SELECT) for one in sorted(addresses))
        async for reply in self._directory.batch(calls):
            if reply.error is None:
                user = decode_user(reply.body)
                self._ids[reply.id] = user.id
                if not self._directory.is_ours(user):
                    self._unmarked.add(user.id)

    async def _invite(self, addresses: set[str]) -> None:
        for address, made in (await self._directory.invite(sorted(addresses))).items():
            if isinstance(made, ProviderError):
                self.refused[address] = made
            else:
                self._ids[address] = made

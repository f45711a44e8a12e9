"""What an apply of members needs to know of the objects of one kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from provisioner.errors import ProviderError
from provisioner.providers.graph.calls import Call
from provisioner.providers.graph.groups import Chunk
from provisioner.providers.graph.rosters import Roster


class Side(Protocol):
    """One kind's objects in one tenant: reads raise `ProviderError`, writes are calls.

    `binds` is how many owners and members a create takes along.
    """

    @property
    def binds(self) -> int: ...

    def mark(self, owner: str, name: str) -> str:
        """The mark that the object bears."""
        ...

    async def marked(self) -> dict[str, str]:
        """Object ids by mark, as far as the tenant shows them now."""
        ...

    async def members(
        self, ids: Iterable[str]
    ) -> dict[str, Roster | ProviderError]: ...

    def create(
        self,
        key: str,
        spec: Any,
        mark: str,
        owners: Sequence[str],
        members: Sequence[str],
    ) -> Call: ...

    def patch(self, key: str, object_id: str, spec: Any, mark: str) -> Call: ...

    def restore(self, key: str, object_id: str) -> Call: ...

    def add(self, key: str, object_id: str, ids: Iterable[str]) -> list[Chunk]: ...

    def add_singly(
        self, key: str, object_id: str, ids: Iterable[str]
    ) -> list[Chunk]: ...

    def remove(self, key: str, object_id: str, ids: Iterable[str]) -> list[Call]: ...

    def add_owners(
        self, key: str, object_id: str, ids: Iterable[str]
    ) -> list[Call]: ...

    def remove_owners(
        self, key: str, object_id: str, ids: Iterable[str]
    ) -> list[Call]: ...

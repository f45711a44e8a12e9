"""Forums as an apply of members sees them: Microsoft 365 groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from provisioner.errors import ProviderError
from provisioner.kinds.forum.spec import NICKNAME_PREFIX, create_body, patch_body
from provisioner.kinds.mailbox.spec import mark_of
from provisioner.kinds.membership.description import read_description
from provisioner.model.mark import MARK_PREFIX
from provisioner.providers.graph.calls import Call
from provisioner.providers.graph.groups import BINDS, Chunk, Groups
from provisioner.providers.graph.rosters import Roster


class ForumSide:
    """The forums of one tenant; its members join twenty to a call."""

    binds = BINDS

    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    def mark(self, owner: str, name: str) -> str:
        return mark_of(owner, name)

    async def marked(self) -> dict[str, str]:
        groups = await self._groups.find(MARK_PREFIX, NICKNAME_PREFIX)
        return {read_description(one.description).mark: one.id for one in groups}

    async def members(self, ids: Iterable[str]) -> dict[str, Roster | ProviderError]:
        return await self._groups.members(ids)

    def create(
        self,
        key: str,
        spec: Any,
        mark: str,
        owners: Sequence[str],
        members: Sequence[str],
    ) -> Call:
        body = create_body(spec, *_taken_apart(mark))
        return self._groups.create(key, body, owners, members)

    def patch(self, key: str, object_id: str, spec: Any, mark: str) -> Call:
        return self._groups.patch(key, object_id, patch_body(spec, *_taken_apart(mark)))

    def restore(self, key: str, object_id: str) -> Call:
        return self._groups.restore(key, object_id)

    def add(self, key: str, object_id: str, ids: Iterable[str]) -> list[Chunk]:
        return self._groups.add(key, object_id, ids)

    def add_singly(self, key: str, object_id: str, ids: Iterable[str]) -> list[Chunk]:
        return self._groups.add_singly(key, object_id, ids)

    def remove(self, key: str, object_id: str, ids: Iterable[str]) -> list[Call]:
        return self._groups.remove(key, object_id, ids)

    def add_owners(self, key: str, object_id: str, ids: Iterable[str]) -> list[Call]:
        return self._groups.add_owners(key, object_id, ids)

    def remove_owners(self, key: str, object_id: str, ids: Iterable[str]) -> list[Call]:
        return self._groups.remove_owners(key, object_id, ids)


def _taken_apart(mark: str) -> tuple[str, str]:
    owner, _, name = mark.removeprefix(MARK_PREFIX).partition(":")
    return owner, name

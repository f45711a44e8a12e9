"""Administrative units as an apply of members sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from provisioner.errors import ProviderError
from provisioner.kinds.administrative_unit.spec import unit_body
from provisioner.kinds.mailbox.spec import mark_of, read_mark
from provisioner.kinds.membership.description import read_description
from provisioner.providers.graph.administrative_units import AdministrativeUnits
from provisioner.providers.graph.calls import Call, restore_user
from provisioner.providers.graph.groups import Chunk
from provisioner.providers.graph.rosters import Roster


class UnitSide:
    """The units of one tenant; they have no owners, and are made empty."""

    binds = 0

    def __init__(self, units: AdministrativeUnits) -> None:
        self._units = units

    def mark(self, owner: str, name: str) -> str:
        return mark_of(owner, name)

    async def marked(self) -> dict[str, str]:
        units = await self._units.every()
        return {read_description(one.description).mark: one.id for one in units}

    async def members(self, ids: Iterable[str]) -> dict[str, Roster | ProviderError]:
        return await self._units.members(ids)

    def create(
        self,
        key: str,
        spec: Any,
        mark: str,
        owners: Sequence[str],
        members: Sequence[str],
    ) -> Call:
        return self._units.create(key, unit_body(spec, *_taken_apart(mark)))

    def patch(self, key: str, object_id: str, spec: Any, mark: str) -> Call:
        return self._units.patch(key, object_id, unit_body(spec, *_taken_apart(mark)))

    def restore(self, key: str, object_id: str) -> Call:
        return restore_user(key, object_id)

    def add(self, key: str, object_id: str, ids: Iterable[str]) -> list[Chunk]:
        return self._units.add(key, object_id, ids)

    def add_singly(self, key: str, object_id: str, ids: Iterable[str]) -> list[Chunk]:
        return self._units.add(key, object_id, ids)

    def remove(self, key: str, object_id: str, ids: Iterable[str]) -> list[Call]:
        return self._units.remove(key, object_id, ids)

    def add_owners(self, key: str, object_id: str, ids: Iterable[str]) -> list[Call]:
        return []

    def remove_owners(self, key: str, object_id: str, ids: Iterable[str]) -> list[Call]:
        return []


def _taken_apart(mark: str) -> tuple[str, str]:
    return read_mark(mark) or ("", "")

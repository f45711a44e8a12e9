"""Administrative units of a tenant: the parts to which an administrator can be limited.

Source: "administrativeUnit resource type", Microsoft Graph. Members are added one by
one; there is no call for many.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.errors import ProviderError
from provisioner.providers.graph.calls import Call
from provisioner.providers.graph.groups import Chunk
from provisioner.providers.graph.pager import collect
from provisioner.providers.graph.rosters import (
    Roster,
    part,
    read_rosters,
    removal_calls,
    roster_calls,
)
from provisioner.providers.graph.sender import Sender
from provisioner.providers.graph.wire import UNIT_SELECT, AdministrativeUnit, Page

_UNITS = "/directory/administrativeUnits"


class AdministrativeUnits:
    """The units of one tenant. Reads raise `ProviderError`; writes are calls to send."""

    def __init__(self, sender: Sender, base_url: str) -> None:
        self._sender = sender
        self._reference = f"{base_url}/users/"

    async def every(self) -> list[AdministrativeUnit]:
        """Every unit of the tenant."""
        url = f"/directory/administrativeUnits?$select={UNIT_SELECT}&$top=999"
        return await collect(self._sender.read, url, Page[AdministrativeUnit])

    async def members(self, ids: Iterable[str]) -> dict[str, Roster | ProviderError]:
        """Object ids of the members by unit id."""
        paths = {one: part(_UNITS, one, "members") for one in ids}
        return await read_rosters(self._sender, paths)

    def create(self, key: str, body: Mapping[str, Any]) -> Call:
        """Answered by the unit, 201."""
        return Call(key, "POST", _UNITS, body, writes=1)

    def patch(self, key: str, unit: str, body: Mapping[str, Any]) -> Call:
        """Changes the fields in `body` alone; answered by nothing, 204."""
        return Call(key, "PATCH", part(_UNITS, unit), body, writes=1)

    def add(self, key: str, unit: str, ids: Iterable[str]) -> list[Chunk]:
        """A call for each member to add."""
        given = list(ids)
        path = part(_UNITS, unit, "members")
        calls = roster_calls(key, path, given, self._reference)
        return [Chunk(call, (one,)) for call, one in zip(calls, given, strict=True)]

    def remove(self, key: str, unit: str, ids: Iterable[str]) -> list[Call]:
        """A call for each member to take out; the user stays."""
        return removal_calls(key, part(_UNITS, unit, "members"), ids)

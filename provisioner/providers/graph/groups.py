"""Groups of a tenant: reading those that concern us, and the calls that change them.

Source of the limits: "Create group" and "Add members", Microsoft Graph: up to twenty
references in one create or one PATCH, members and owners together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from provisioner.errors import ProviderError
from provisioner.providers.graph.calls import Call
from provisioner.providers.graph.pager import collect
from provisioner.providers.graph.rosters import (
    Roster,
    part,
    read_rosters,
    removal_calls,
    roster_calls,
)
from provisioner.providers.graph.sender import Sender
from provisioner.providers.graph.wire import GROUP_SELECT, Group, Page

BINDS = 20
_GROUPS = "/groups"
_DELETED = (
    f"/directory/deletedItems/microsoft.graph.group?$select={GROUP_SELECT}&$top=999"
)


def _number(body: bytes) -> int:
    try:
        return int(body.decode("utf-8-sig"))
    except ValueError as error:
        raise msgspec.DecodeError(str(error)) from error


class Chunk(Struct, frozen=True):
    """A call that adds several members at once, and whom it adds."""

    call: Call
    ids: tuple[str, ...]


class Groups:
    """The groups of one tenant. Reads raise `ProviderError`; writes are calls to send."""

    def __init__(self, sender: Sender, base_url: str) -> None:
        self._sender = sender
        self._reference = f"{base_url}/directoryObjects/"

    async def find(self, mark_prefix: str, nickname_prefix: str) -> list[Group]:
        """Groups whose description begins with our mark, and those named like ours."""
        clause = quote(
            f"startswith(description,'{mark_prefix}') or "
            f"startswith(mailNickname,'{nickname_prefix}')",
            safe="(),'",
        )
        url = f"/groups?$filter={clause}&$select={GROUP_SELECT}&$top=999"
        return await collect(self._sender.read, url, Page[Group])

    async def deleted(self) -> list[Group]:
        """Microsoft 365 groups in the recycle bin, to be restored within 30 days."""
        return await collect(self._sender.read, _DELETED, Page[Group])

    async def members(self, ids: Iterable[str]) -> dict[str, Roster | ProviderError]:
        """Object ids of the members by group id."""
        paths = {one: part(_GROUPS, one, "members") for one in ids}
        return await read_rosters(self._sender, paths)

    async def count_members(self, group: str) -> int:
        """How many members a group has, by one call for any number of them.

        The count comes from an index that may lag behind by seconds.
        """
        path = part(_GROUPS, group, "members/$count")
        eventual = {"ConsistencyLevel": "eventual"}
        return await self._sender.send("GET", path, decode=_number, headers=eventual)

    async def owners(self, ids: Iterable[str]) -> dict[str, Roster | ProviderError]:
        """Object ids of the owners by group id."""
        paths = {one: part(_GROUPS, one, "owners") for one in ids}
        return await read_rosters(self._sender, paths)

    def create(
        self,
        key: str,
        body: Mapping[str, Any],
        owners: Sequence[str] = (),
        members: Sequence[str] = (),
    ) -> Call:
        """Answered by the group, 201; `owners` and `members` are at most twenty."""
        bound = self._bound("owners", owners) | self._bound("members", members)
        return Call(key, "POST", "/groups", {**body, **bound}, writes=1)

    def patch(self, key: str, group: str, body: Mapping[str, Any]) -> Call:
        """Changes the fields in `body` alone; answered by nothing, 204."""
        return Call(key, "PATCH", part(_GROUPS, group), body, writes=1)

    def restore(self, key: str, group: str) -> Call:
        """Takes a group out of the recycle bin, with its members."""
        path = f"/directory/deletedItems/{quote(group, safe='')}/restore"
        return Call(key, "POST", path, writes=1)

    def add(self, key: str, group: str, ids: Iterable[str]) -> list[Chunk]:
        """Twenty members to a call; one that is a member already fails the twenty."""
        source = iter(ids)
        chunks: list[Chunk] = []
        while some := tuple(islice(source, BINDS)):
            name = f"{key}#{len(chunks)}"
            body = self._bound("members", some)
            call = Call(name, "PATCH", part(_GROUPS, group), body, writes=1)
            chunks.append(Chunk(call, some))
        return chunks

    def add_singly(self, key: str, group: str, ids: Iterable[str]) -> list[Chunk]:
        """The same, one member to a call."""
        given = list(ids)
        path = part(_GROUPS, group, "members")
        calls = roster_calls(key, path, given, self._reference)
        return [Chunk(call, (one,)) for call, one in zip(calls, given, strict=True)]

    def remove(self, key: str, group: str, ids: Iterable[str]) -> list[Call]:
        """A call for each member to take out."""
        return removal_calls(key, part(_GROUPS, group, "members"), ids)

    def add_owners(self, key: str, group: str, ids: Iterable[str]) -> list[Call]:
        """A call for each owner to add."""
        path = part(_GROUPS, group, "owners")
        return roster_calls(f"{key}/owner", path, ids, self._reference)

    def remove_owners(self, key: str, group: str, ids: Iterable[str]) -> list[Call]:
        """A call for each owner to take out; the service keeps the last one."""
        return removal_calls(f"{key}/owner", part(_GROUPS, group, "owners"), ids)

    def _bound(self, what: str, ids: Sequence[str]) -> dict[str, list[str]]:
        if not ids:
            return {}
        return {f"{what}@odata.bind": [f"{self._reference}{one}" for one in ids]}

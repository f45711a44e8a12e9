"""Who holds a directory role, directly or through a group."""

from __future__ import annotations

from provisioner.errors import PermanentProviderError
from provisioner.providers.graph.pager import collect
from provisioner.providers.graph.sender import Sender
from provisioner.providers.graph.wire import Member, Page, Role

_EXPANDED = "/directoryRoles?$expand=members"
# An expanded collection is cut off here, and not always with a link to the rest.
_CUT_AT = 20
_NOT_OFFERED = frozenset({400, 501})


async def read_privileged(sender: Sender) -> dict[str, str]:
    """The name of a role by the id of each user that holds one.

    Raises `ProviderError`: who is privileged must never be guessed from a part.
    """
    holders: dict[str, str] = {}
    for role in await _roles(sender):
        name = role.display_name or role.id
        for member in await _members(sender, role):
            for user_id in await _users(sender, member):
                holders.setdefault(user_id, name)
    return holders


async def _roles(sender: Sender) -> list[Role]:
    try:
        return await collect(sender.read, _EXPANDED, Page[Role])
    except PermanentProviderError as error:
        if error.status not in _NOT_OFFERED:
            raise
    return await collect(sender.read, "/directoryRoles", Page[Role])


async def _members(sender: Sender, role: Role) -> tuple[Member, ...]:
    known = role.members
    if known is not None and len(known) < _CUT_AT and not role.members_link:
        return known
    path = f"/directoryRoles/{role.id}/members?$select=id"
    return tuple(await collect(sender.read, path, Page[Member]))


async def _users(sender: Sender, member: Member) -> list[str]:
    """The user itself, or those in a group that may hold roles; an app is no user."""
    if member.type.endswith("servicePrincipal"):
        return []
    if not member.type.endswith("group"):
        return [member.id]
    path = f"/groups/{member.id}/transitiveMembers/microsoft.graph.user?$select=id"
    return [one.id for one in await collect(sender.read, path, Page[Member])]

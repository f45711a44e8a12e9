"""The floor for reading a directory: a bare httpx and msgspec loop over the pages."""

from __future__ import annotations

import httpx
import msgspec

from bench.world import World
from provisioner.providers.graph.wire import USER_SELECT, Member, Page, User
from provisioner.sandbox.outsider import signed_in

_decode = msgspec.json.Decoder(Page[User]).decode


def token_of(world: World) -> str:
    """The Authorization header of the first tenant's application."""
    with signed_in(world.state, world.state.tenants[0]) as client:
        return client.headers["Authorization"]


def read_everything(base_url: str, authorization: str) -> int:
    """All users, groups, units and their members by id: how many objects came.

    The members are those of every group and every unit, each list by calls of its own.
    """
    number = len(read_pages(base_url, authorization))
    decode = msgspec.json.Decoder(Page[Member]).decode
    with httpx.Client(
        headers={"Authorization": authorization}, timeout=60, trust_env=False
    ) as client:

        def ids(path: str) -> list[str]:
            found: list[str] = []
            url = f"{base_url}/{path}?$select=id&$top=999"
            while url:
                page = decode(client.get(url).raise_for_status().content)
                found += [one.id for one in page.value]
                url = page.next_link
            return found

        for collection in ("groups", "directory/administrativeUnits"):
            for owner in ids(collection):
                number += len(ids(f"{collection}/{owner}/members"))
    return number


def read_pages(base_url: str, authorization: str) -> dict[str, User]:
    """All users by object id, over one kept connection; nothing is checked or stored."""
    users: dict[str, User] = {}
    url = f"{base_url}/users?$select={USER_SELECT}&$top=999"
    with httpx.Client(
        headers={"Authorization": authorization}, timeout=60, trust_env=False
    ) as client:
        while url:
            page = _decode(client.get(url).raise_for_status().content)
            users.update((user.id, user) for user in page.value)
            url = page.next_link
    return users

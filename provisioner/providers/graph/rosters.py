"""Who is in what: the members of many groups or units, read side by side.

The first pages of twenty rosters come in one request; a roster that has more goes on
page by page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from urllib.parse import quote

import msgspec

from provisioner.errors import ProviderError
from provisioner.providers.graph.batch import batch
from provisioner.providers.graph.calls import Call
from provisioner.providers.graph.faults import unexpected
from provisioner.providers.graph.pager import collect
from provisioner.providers.graph.sender import Sender
from provisioner.providers.graph.wire import Member, Page

Roster = frozenset[str]

_ALL = "?$select=id&$top=999"
_decode = msgspec.json.Decoder(Page[Member]).decode


def part(collection: str, object_id: str, what: str = "") -> str:
    """`/groups/{id}/members`: a path to one object of a collection, or into it."""
    path = f"{collection}/{quote(object_id, safe='')}"
    return f"{path}/{what}" if what else path


async def read_rosters(
    sender: Sender, paths: Mapping[str, str]
) -> dict[str, Roster | ProviderError]:
    """Object ids by the caller's key, for `paths` such as `/groups/{id}/members`.

    A roster is whole, or the error that kept it from being so.
    """
    rosters: dict[str, Roster | ProviderError] = {}
    longer: dict[str, tuple[set[str], str]] = {}
    calls = (Call(key, "GET", f"{path}{_ALL}") for key, path in paths.items())
    async for reply in batch(sender, calls):
        if reply.error is not None:
            rosters[reply.id] = reply.error
            continue
        try:
            page = _decode(reply.body)
        except msgspec.ValidationError as error:
            rosters[reply.id] = unexpected(f"GET {paths[reply.id]}", error)
            continue
        found = {one.id for one in page.value}
        if page.next_link:
            longer[reply.id] = (found, page.next_link)
        else:
            rosters[reply.id] = frozenset(found)
    rosters.update(await _rest(sender, longer))
    return rosters


async def _rest(
    sender: Sender, longer: Mapping[str, tuple[set[str], str]]
) -> dict[str, Roster | ProviderError]:
    read = [_to_the_end(sender, *begun) for begun in longer.values()]
    return dict(zip(longer, await asyncio.gather(*read), strict=True))


async def _to_the_end(
    sender: Sender, found: set[str], link: str
) -> Roster | ProviderError:
    try:
        members = await collect(sender.read, link, Page[Member])
    except ProviderError as error:
        return error
    return frozenset(found | {one.id for one in members})


def roster_calls(key: str, path: str, ids: Iterable[str], reference: str) -> list[Call]:
    """One call for each object to add to the roster at `path`."""
    return [
        Call(
            f"{key}+{one}",
            "POST",
            f"{path}/$ref",
            {"@odata.id": f"{reference}{one}"},
            writes=1,
        )
        for one in ids
    ]


def removal_calls(key: str, path: str, ids: Iterable[str]) -> list[Call]:
    """One call for each object to take out; only the reference goes, never the object."""
    return [
        Call(f"{key}-{one}", "DELETE", f"{path}/{quote(one, safe='')}/$ref", writes=1)
        for one in ids
    ]

"""Reading a collection page by page, to its end or not at all.

The SDK's own iterator ends at an empty page that has a next link; here only a page
without one is the end. Links to another origin are refused by the adapter.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol, TypeVar

import msgspec

from provisioner.errors import TransientProviderError
from provisioner.providers.graph.wire import Page

ItemT = TypeVar("ItemT")

_MOST_REPEATS = 10


class Read(Protocol):
    """GET a URL and decode its body; tries again in place, raises when that fails."""

    def __call__(
        self, url: str, decode: Callable[[bytes], Page[ItemT]]
    ) -> Awaitable[Page[ItemT]]: ...


async def pages(
    read: Read, url: str, page_type: type[Page[ItemT]]
) -> AsyncIterator[Page[ItemT]]:
    """Every page of the collection at `url`; `delta_link` is on the last one, if any.

    Raises `ProviderError` where any page fails for good: what was yielded until then is
    no whole and must not be used as one.
    """
    decode = msgspec.json.Decoder(page_type).decode
    seen = set[str]()
    repeats = 0
    while url:
        page = await read(url, decode)
        yield page
        seen.add(url)
        url = page.next_link
        if url in seen:
            # An empty page may ask to be fetched again; one with items may not.
            repeats += 1
            if page.value or repeats > _MOST_REPEATS:
                where = url.partition("?")[0]
                raise TransientProviderError(f"GET {where}: the pages go in a circle.")


async def collect(read: Read, url: str, page_type: type[Page[ItemT]]) -> list[ItemT]:
    """All items of a collection; raises like `pages`, never returns a part of it."""
    items: list[ItemT] = []
    async for page in pages(read, url, page_type):
        items += page.value
    return items

"""Calls that are patient: through the limiter, tried again as long as that is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from provisioner.errors import TransientProviderError
from provisioner.providers.graph.adapter import Answer, GraphAdapter
from provisioner.providers.graph.faults import unexpected, unreadable
from provisioner.providers.graph.limiter import Limiter, Patience

T = TypeVar("T")


def always() -> None:
    """The gate of who may write at any time."""


class Sender:
    """One adapter behind one limiter.

    `may_write` is asked before each call that writes, at the last moment, and raises
    `WritingStopped` where the run has been stopped or has lost its lease: the one place
    through which every write to a tenant goes.
    """

    def __init__(
        self,
        adapter: GraphAdapter,
        limiter: Limiter,
        may_write: Callable[[], None] = always,
    ) -> None:
        self._adapter = adapter
        self.limiter = limiter
        self._may_write = may_write

    @property
    def calls(self) -> int:
        """HTTP calls sent so far, tries included."""
        return self._adapter.calls

    def absolute(self, url: str) -> str:
        """A path under the base URL made absolute; raises `ForeignHost`."""
        return self._adapter.absolute(url)

    async def read(self, url: str, decode: Callable[[bytes], T]) -> T:
        """GET `url` and decode its body; a failed page is asked for again in place."""
        return await self.send("GET", url, decode=decode)

    async def send(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        *,
        decode: Callable[[bytes], T],
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
        writes: int = 0,
    ) -> T:
        """Send until there is an answer that `decode` (of msgspec) can read.

        What is not `repeatable` (a create) is sent again only where it surely was not
        carried out. Raises the last `TransientProviderError` when patience ends, and
        any `PermanentProviderError` at once.
        """
        patience = Patience()
        while True:
            try:
                answer = await self.once(
                    method, url, body, headers=headers, writes=writes
                )
                return _decoded(f"{method} {url.partition('?')[0]}", answer, decode)
            except TransientProviderError as error:
                if patience.lost(error) or (error.ambiguous and not repeatable):
                    raise
                await asyncio.sleep(self.limiter.slow_down(error, patience))

    async def once(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        writes: int = 0,
        commands: bool = False,
    ) -> Answer:
        """Send a single time, within the limiter.

        `commands`: it writes, and is counted elsewhere than in the budget of writes.
        """
        async with self.limiter.slot(writes):
            if writes or commands:
                self._may_write()
            answer = await self._adapter.call(method, url, body, headers)
            self.limiter.observe(answer.headers)
            return answer


def _decoded(where: str, answer: Answer, decode: Callable[[bytes], T]) -> T:
    try:
        return decode(answer.body)
    except msgspec.ValidationError as error:
        raise unexpected(where, error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise unreadable(where, error) from error


def nothing(body: bytes) -> None:
    """The decoder for answers whose body does not matter."""

"""An app that is made when somebody first comes to it.

A service whose portal or API nobody uses never pays for it: neither time at its start nor
memory.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from provisioner.portal.front_door import App, Message, Receive, Send


class OnDemand:
    """An ASGI app that stands for another until it is there."""

    def __init__(self, make: Callable[[], App]) -> None:
        self._make = make
        self._making = threading.Lock()
        self._made: App | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        made = self._made
        if made is None:
            made = await asyncio.to_thread(self._once)
        await made(scope, receive, send)

    def _once(self) -> App:
        with self._making:
            if self._made is None:
                self._made = self._make()
        return self._made

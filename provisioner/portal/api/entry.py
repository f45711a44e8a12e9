"""The door of the API, which is made when somebody first comes to it.

A service whose API nobody uses never pays for it: neither time at its start nor memory.
"""

from __future__ import annotations

import threading
from typing import Any

from starlette.concurrency import run_in_threadpool

from provisioner.portal.front_door import App, Message, Receive, Send
from provisioner.portal.pace import Pace
from provisioner.portal.surroundings import Portal


class Entry:
    """An ASGI app that stands for the API until there is one."""

    def __init__(self, portal: Portal, tenant: Any, pace: Pace) -> None:
        self._portal = portal
        self._tenant = tenant
        self._pace = pace
        self._making = threading.Lock()
        self._made: App | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        made = self._made
        if made is None:
            made = await run_in_threadpool(self._make)
        await made(scope, receive, send)

    def _make(self) -> App:
        from provisioner.portal.api.app import build_api
        from provisioner.portal.api.gate import Gate

        with self._making:
            if self._made is None:
                app = build_api(self._portal)
                self._made = Gate(app, self._portal, self._tenant, self._pace)
        return self._made

"""What the sandbox's processes share: one owner of a folder, and when to end."""

from __future__ import annotations

import asyncio
import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioner.errors import SandboxError

_STDIN = 0


@contextmanager
def owned(lock: Path) -> Iterator[None]:
    """Hold a folder by its lock; raises `SandboxError` where another process does."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise SandboxError(
            f"Another sandbox already serves from {lock.parent}."
        ) from None
    finally:
        os.close(handle)


def stop_event(*, tied: bool) -> asyncio.Future[None]:
    """Done on SIGTERM or SIGINT, and where `tied` when the parent's pipe closes."""
    loop = asyncio.get_running_loop()
    stop: asyncio.Future[None] = loop.create_future()

    def end() -> None:
        if not stop.done():
            stop.set_result(None)

    def read() -> None:
        if not os.read(_STDIN, 4096):
            loop.remove_reader(_STDIN)
            end()

    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, end)
    if tied:
        loop.add_reader(_STDIN, read)
    return stop

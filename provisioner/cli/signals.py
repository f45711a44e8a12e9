"""SIGTERM as a wish to stop, not as an end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def stopped_by_sigterm(stop: Callable[[str], None]) -> Iterator[None]:
    """While inside, SIGTERM calls `stop` with a reason; elsewhere it is as it was."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: stop("SIGTERM was received"))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

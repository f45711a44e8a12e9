"""What was shown once, for the very form that was sent twice: a double click loses nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable

_SECONDS = 30.0
_MOST = 100


class JustShown:
    """Secrets of the last half minute by the form they were shown to.

    They are kept in the memory of this process only, are never written anywhere, and are
    dropped when their time is over, whether anybody asks or not. `form` must name the
    session and a key that only its page has.
    """

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._kept: dict[Hashable, tuple[float, str]] = {}

    def once(self, form: Hashable, show: Callable[[], str]) -> str:
        """What `show` says, called once for a form however often that is sent.

        The second one waits for the first. What `show` raises is raised, and kept by nobody.
        """
        with self._lock:
            self._drop()
            if form in self._kept:
                return self._kept[form][1]
            secret = show()
            if len(self._kept) >= _MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[form] = (time.monotonic() + self._seconds, secret)
        later = threading.Timer(self._seconds + 0.1, self.drop)
        later.daemon = True
        later.start()
        return secret

    def drop(self) -> None:
        """Forget what is over."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        now = time.monotonic()
        self._kept = {form: kept for form, kept in self._kept.items() if kept[0] > now}

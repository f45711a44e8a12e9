"""A lease in the hand of its holder, and the heartbeat that keeps it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from provisioner.errors import RunInProgress, StoreError

_log = logging.getLogger(__name__)
_LAST_WORD = 0.8
"""Share of a lease in which its holder may write: what is under way lands before its end."""
_GLANCE = 1.0  # seconds between two looks whether somebody wants the holder to stop


class Keeper(Protocol):
    """Where leases are kept."""

    def renew(self, lease: Lease) -> bool: ...

    def release(self, lease: Lease) -> None: ...


@dataclass
class _Heart:
    """When the lease was last confirmed (monotonic seconds), and whether it is lost."""

    beat: float = field(default_factory=time.monotonic)
    lost: bool = False


@dataclass(frozen=True)
class Lease:
    """Names held by a run for `seconds` at a time.

    `fence` grows with every lease given out in this store, so that whoever is written to can
    tell a late writer from the present one. `replaced` are the runs that were found dead
    holding one of the names.
    """

    keeper: Keeper = field(repr=False)
    names: tuple[str, ...]
    owner: str
    fence: int
    seconds: float
    replaced: tuple[str, ...] = ()
    _heart: _Heart = field(default_factory=_Heart, repr=False, compare=False)

    def renew(self) -> None:
        """Prolong the lease. Raises `RunInProgress` when another run has taken over."""
        asked = time.monotonic()
        if not self.keeper.renew(self):
            self._heart.lost = True
        else:
            self._heart.beat = asked
        self.require()

    def release(self) -> None:
        """Give the names back; may be called twice."""
        self.keeper.release(self)

    @property
    def holds(self) -> bool:
        """False once another run took over or no heartbeat got through in time."""
        silent = time.monotonic() - self._heart.beat
        return not self._heart.lost and silent < self.seconds * _LAST_WORD

    def require(self) -> None:
        """Raises `RunInProgress` when the lease is lost: stop writing."""
        if not self.holds:
            raise RunInProgress(
                f"Run {self.owner} has lost its hold on {', '.join(self.names)}.",
                remedy="It stopped writing; run the command again.",
            )

    @contextmanager
    def kept(self, glance: Callable[[], None] | None = None) -> Iterator[Lease]:
        """Renew in a thread, three times in each lease, and give the names back at the end.

        `glance` is called in that thread every second, to look for whatever may have come.
        """
        stop = threading.Event()
        thread = threading.Thread(
            target=self._keep,
            args=(stop, glance),
            name=f"lease {self.fence}",
            daemon=True,
        )
        thread.start()
        try:
            yield self
        finally:
            stop.set()
            thread.join()
            self._release_quietly()

    def _keep(self, stop: threading.Event, glance: Callable[[], None] | None) -> None:
        pause = min(self.seconds / 3, _GLANCE if glance else self.seconds)
        due = time.monotonic() + self.seconds / 3
        while not stop.wait(pause):
            try:
                if time.monotonic() >= due:
                    self.renew()
                    due = time.monotonic() + self.seconds / 3
                if glance is not None:
                    glance()
            except RunInProgress as error:
                _log.error("%s", error)
                return
            except StoreError as error:
                # A locked store may be free again before the lease is over.
                _log.warning("Heartbeat of run %s: %s", self.owner, error)

    def _release_quietly(self) -> None:
        """Whatever ended the work is more telling than a store that cannot be written."""
        try:
            self.release()
        except StoreError as error:
            _log.warning("Lease of run %s ends by itself: %s", self.owner, error)

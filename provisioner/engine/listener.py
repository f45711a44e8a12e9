"""Who is told how a run goes on: a progress bar, a log, later a stream of events."""

from __future__ import annotations

from typing import Protocol

from provisioner.model.outcome import Outcome


class Listener(Protocol):
    """Told of phases and of each outcome as it happens; must return quickly.

    A phase is a step or a kind. Those of hosts go on beside those of tenants; an outcome
    belongs to the phase of its kind.
    """

    def phase(self, text: str, total: int) -> None: ...

    def advance(self, outcome: Outcome) -> None: ...


class Silence:
    """A listener that does nothing."""

    def phase(self, text: str, total: int) -> None:
        """Nobody is told."""

    def advance(self, outcome: Outcome) -> None:
        """Nobody is told."""

"""A run's own account of how it goes: few events, for whoever follows it."""

from __future__ import annotations

import time
from collections import Counter

from provisioner.engine.listener import Listener
from provisioner.engine.ports import Runs
from provisioner.model.outcome import Outcome, Status

_EVERY = 2.0  # seconds between two words on progress
_SINGLY = 100  # outcomes that are no success and are told one by one


class Narrator:
    """Passes on what happens to `inner`, and writes down what a person wants to know.

    Phases, outcomes that are no success, and every few seconds how far it is. What became
    of each change is with the outcomes.
    """

    def __init__(self, inner: Listener, runs: Runs, run_id: str) -> None:
        self._inner = inner
        self._runs = runs
        self._run_id = run_id
        self._counts: Counter[str] = Counter()
        self._total = 0
        self._told = 0
        self._last = time.monotonic()

    def phase(self, text: str, total: int) -> None:
        self._inner.phase(text, total)
        self._say_progress()
        self._counts.clear()
        self._total = total
        self._runs.add_event(self._run_id, "phase", text, {"total": total})

    def advance(self, outcome: Outcome) -> None:
        self._inner.advance(outcome)
        self._counts[outcome.status.value] += 1
        if outcome.status is not Status.DONE and self._told < _SINGLY:
            self._told += 1
            self._runs.add_event(
                self._run_id,
                outcome.status.value,
                f"{outcome.key}: {outcome.action.value} {outcome.status.value}: "
                f"{outcome.reason}",
                {"key": outcome.key},
            )
        if time.monotonic() - self._last >= _EVERY:
            self._say_progress()

    def _say_progress(self) -> None:
        if not self._counts:
            return
        self._last = time.monotonic()
        words = ", ".join(f"{n} {word}" for word, n in sorted(self._counts.items()))
        self._runs.add_event(
            self._run_id, "progress", f"{words} of {self._total}", dict(self._counts)
        )

"""A run's own account of how it goes: few events, for whoever follows it."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from provisioner.engine.listener import Listener
from provisioner.engine.ports import Runs
from provisioner.model.outcome import Outcome, Status

_EVERY = 2.0  # seconds between two words on progress
_SINGLY = 100  # outcomes that are no success and are told one by one


@dataclass
class _Phase:
    """How far a phase is; `moved` since it was last told."""

    total: int
    counts: Counter[str] = field(default_factory=Counter)
    moved: bool = False


class Narrator:
    """Passes on what happens to `inner`, and writes down what a person wants to know.

    Phases, outcomes that are no success, and every few seconds how far it is. What became
    of each change is with the outcomes.
    """

    def __init__(self, inner: Listener, runs: Runs, run_id: str) -> None:
        self._inner = inner
        self._runs = runs
        self._run_id = run_id
        self._phases: dict[str, _Phase] = {}
        self._told = 0
        self._last = time.monotonic()

    def phase(self, text: str, total: int) -> None:
        self._inner.phase(text, total)
        self._say_progress()
        self._phases[text] = _Phase(total)
        self._runs.add_event(self._run_id, "phase", text, {"total": total})

    def advance(self, outcome: Outcome) -> None:
        self._inner.advance(outcome)
        phase = self._phases.setdefault(outcome.kind, _Phase(0))
        phase.counts[outcome.status.value] += 1
        phase.moved = True
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
        self._last = time.monotonic()
        for name, phase in self._phases.items():
            if phase.moved:
                phase.moved = False
                told = sorted(phase.counts.items())
                words = ", ".join(f"{number} {word}" for word, number in told)
                self._runs.add_event(
                    self._run_id,
                    "progress",
                    f"{name}: {words} of {phase.total}",
                    dict(phase.counts),
                )

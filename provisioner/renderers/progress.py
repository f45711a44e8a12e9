"""How an apply gets on: a bar at a terminal, elsewhere a line every few seconds."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from provisioner.renderers.language import Translator, translator
from provisioner.renderers.words import STATES

if TYPE_CHECKING:
    from rich.console import Console

_INTERVAL = 5.0


class _Face(Protocol):
    """What draws the counts."""

    def start(self) -> None: ...

    def phase(self, text: str, total: int | None) -> None: ...

    def update(self, phase: str, done: int, counts: str) -> None: ...

    def stop(self) -> None: ...


class Progress:
    """Counts what an apply has ended, by phase and status; shows it on standard error.

    A context manager; safe to call from several threads. `interval` is how many seconds
    lie between plain lines.
    """

    def __init__(
        self,
        console: Console | None = None,
        *,
        language: str = "en",
        interval: float = _INTERVAL,
    ) -> None:
        from rich.console import Console

        self._words = translator(language)
        self._counts: dict[str, Counter[str]] = {}
        self._lock = threading.Lock()
        screen = console or Console(stderr=True)
        self._face: _Face = (
            _Bar(screen)
            if screen.is_terminal
            else _Plain(screen, self._words, interval, time.monotonic)
        )

    def __enter__(self) -> Self:
        self._face.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._face.stop()

    def phase(self, text: str, total: int | None) -> None:
        """Begin a phase of `total` changes (None or 0: unknown), beside others."""
        with self._lock:
            self._begin(text, total or None)

    def advance(self, phase: str, n: int = 1, status: str = "done") -> None:
        """`n` more changes of a phase ended with `status`; it begins here if need be."""
        with self._lock:
            if phase not in self._counts:
                self._begin(phase, None)
            counts = self._counts[phase]
            counts[status] += n
            self._face.update(phase, counts.total(), self._spoken(counts))

    def _begin(self, text: str, total: int | None) -> None:
        self._counts[text] = Counter()
        self._face.phase(text, total)

    def _spoken(self, counts: Counter[str]) -> str:
        return ", ".join(
            f"{self._words.number(count)} {self._words.gettext(_label(status))}"
            for status, count in counts.items()
        )


def _label(status: str) -> str:
    word = STATES.get(status)
    return word.label if word else status


class _Bar:
    """A bar for each phase."""

    def __init__(self, console: Console) -> None:
        from rich import progress as rich

        self._bar = rich.Progress(
            rich.SpinnerColumn(),
            rich.TextColumn("{task.description}", markup=False),
            rich.BarColumn(),
            rich.MofNCompleteColumn(),
            rich.TextColumn("{task.fields[counts]}", markup=False),
            rich.TimeElapsedColumn(),
            rich.TimeRemainingColumn(compact=True),
            console=console,
        )
        self._tasks: dict[str, rich.TaskID] = {}

    def start(self) -> None:
        self._bar.start()

    def phase(self, text: str, total: int | None) -> None:
        self._tasks[text] = self._bar.add_task(text, total=total, counts="")

    def update(self, phase: str, done: int, counts: str) -> None:
        self._bar.update(self._tasks[phase], completed=done, counts=counts)

    def stop(self) -> None:
        self._bar.stop()


@dataclass
class _Phase:
    """How far one phase is, and what was said of it last."""

    text: str
    total: int | None
    began: float
    done: int = 0
    counts: str = ""
    said: str = ""


class _Plain:
    """A line at the start and end of a phase, and one every few seconds between."""

    def __init__(
        self,
        console: Console,
        words: Translator,
        interval: float,
        clock: Callable[[], float],
    ) -> None:
        self._out = console.file
        self._words, self._interval, self._clock = words, interval, clock
        self._phases: dict[str, _Phase] = {}
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def start(self) -> None:
        self._ticker.start()

    def phase(self, text: str, total: int | None) -> None:
        self._say()
        self._phases[text] = _Phase(text, total, self._clock())
        self._say()

    def update(self, phase: str, done: int, counts: str) -> None:
        one = self._phases[phase]
        one.done, one.counts = done, counts

    def stop(self) -> None:
        self._ended.set()
        self._ticker.join()
        self._say()

    def _tick(self) -> None:
        while not self._ended.wait(self._interval):
            self._say()

    def _say(self) -> None:
        """One line for each phase, unless nothing moved in it since the last one."""
        for one in tuple(self._phases.values()):
            told = f"{one.done} {one.counts}"
            if told != one.said:
                one.said = told
                self._out.write(f"{self._line(one)}\n")
                self._out.flush()

    def _line(self, one: _Phase) -> str:
        elapsed = self._clock() - one.began
        number = self._words.number
        parts = []
        if one.total is not None:
            parts.append(f"{number(one.done)}/{number(one.total)}")
        if one.counts:
            parts.append(one.counts)
        if one.done or elapsed >= self._interval:
            parts.append(self._words.gettext("%(seconds)s s", seconds=round(elapsed)))
        if one.total and 0 < one.done < one.total:
            rest = elapsed / one.done * (one.total - one.done)
            parts.append(
                self._words.gettext("about %(seconds)s s left", seconds=round(rest))
            )
        return f"{one.text}: {', '.join(parts)}" if parts else one.text

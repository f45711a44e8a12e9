"""How an apply gets on: a bar at a terminal, elsewhere a line every few seconds."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
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

    def update(self, done: int, counts: str) -> None: ...

    def stop(self) -> None: ...


class Progress:
    """Counts what an apply has ended, by status, and shows it on standard error.

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
        self._counts: Counter[str] = Counter()
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
        """Begin a phase of `total` changes (None or 0: unknown); counts start anew."""
        with self._lock:
            self._counts.clear()
            self._face.phase(text, total or None)

    def advance(self, n: int = 1, status: str = "done") -> None:
        """`n` more changes ended with `status`."""
        with self._lock:
            self._counts[status] += n
            self._face.update(self._counts.total(), self._spoken())

    def _spoken(self) -> str:
        return ", ".join(
            f"{self._words.number(count)} {self._words.gettext(_label(status))}"
            for status, count in self._counts.items()
        )


def _label(status: str) -> str:
    word = STATES.get(status)
    return word.label if word else status


class _Bar:
    """A bar that moves."""

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
        self._task: rich.TaskID | None = None

    def start(self) -> None:
        self._bar.start()

    def phase(self, text: str, total: int | None) -> None:
        self._task = self._bar.add_task(text, total=total, counts="")

    def update(self, done: int, counts: str) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=done, counts=counts)

    def stop(self) -> None:
        self._bar.stop()


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
        self._text = ""
        self._total: int | None = None
        self._done, self._counts, self._said = 0, "", ""
        self._began = clock()
        self._ended = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)

    def start(self) -> None:
        self._ticker.start()

    def phase(self, text: str, total: int | None) -> None:
        self._say()
        self._text, self._total = text, total
        self._done, self._counts, self._began = 0, "", self._clock()
        self._say()

    def update(self, done: int, counts: str) -> None:
        self._done, self._counts = done, counts

    def stop(self) -> None:
        self._ended.set()
        self._ticker.join()
        self._say()

    def _tick(self) -> None:
        while not self._ended.wait(self._interval):
            self._say()

    def _say(self) -> None:
        """One line, unless nothing moved since the last one."""
        told = f"{self._text}: {self._done}/{self._total} {self._counts}"
        if self._text and told != self._said:
            self._said = told
            self._out.write(f"{self._line()}\n")
            self._out.flush()

    def _line(self) -> str:
        elapsed = self._clock() - self._began
        number = self._words.number
        parts = []
        if self._total is not None:
            parts.append(f"{number(self._done)}/{number(self._total)}")
        if self._counts:
            parts.append(self._counts)
        if self._done or elapsed >= self._interval:
            parts.append(self._words.gettext("%(seconds)s s", seconds=round(elapsed)))
        if self._total and 0 < self._done < self._total:
            rest = elapsed / self._done * (self._total - self._done)
            parts.append(
                self._words.gettext("about %(seconds)s s left", seconds=round(rest))
            )
        return f"{self._text}: {', '.join(parts)}" if parts else self._text

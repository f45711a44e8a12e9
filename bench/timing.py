"""Stopwatches: functions and whole processes, floor and subject in turn."""

from __future__ import annotations

import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True)
class Ended:
    """A process that ended: seconds of wall, peak resident megabytes, exit code."""

    seconds: float
    peak_mb: float
    code: int
    output: str


def alternate(
    floor: Callable[[], float], subject: Callable[[], float], repetitions: int
) -> tuple[float, float]:
    """Median seconds of floor and subject, run in turn on the same machine.

    Each is run once beforehand and not counted.
    """
    floor(), subject()
    pairs = [(floor(), subject()) for _ in range(repetitions)]
    floors, subjects = zip(*pairs, strict=True)
    return statistics.median(floors), statistics.median(subjects)


def seconds(work: Callable[[], object]) -> float:
    """Wall of one call; what it returns is dropped before the next begins."""
    gc.collect()
    begun = time.perf_counter()
    kept = work()
    taken = time.perf_counter() - begun
    del kept
    return taken


def process(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    allowed: frozenset[int] = frozenset({0}),
) -> Ended:
    """Run a command to its end through a tiny parent of its own.

    The kernel counts the memory of the parent at fork into a child's peak; ours holds
    100,000 structs, so the command is started by a process that holds nothing.
    Raises `RuntimeError` with the end of its output when its exit code is not allowed.
    """
    wrapped = [sys.executable, "-I", "-S", str(_CHILD), *command]
    done = subprocess.run(
        wrapped, env=environment, capture_output=True, text=True, check=False
    )
    seconds_taken, peak_kb, code = json.loads(done.stderr.splitlines()[-1])
    if code not in allowed:
        raise RuntimeError(
            f"{' '.join(command[-6:])} ended with {code}:\n"
            f"{done.stdout[-1500:]}\n{done.stderr[-1500:]}"
        )
    return Ended(seconds_taken, peak_kb / 1024, code, done.stdout)

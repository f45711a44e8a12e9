"""Our own background processes: started in their own session, ended surely, their logs read.

A tied one ends when the pipe on its standard input is closed, so it cannot outlive who
started it. What this process started is held here, so that this happens no sooner.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import psutil

from provisioner.sandbox.folder import write_private

_START_PATIENCE = 60.0
_LOOK_EVERY = 0.01
_CHILD_PATIENCE = 1.0
_LOG_LINES = 12

StateT = TypeVar("StateT")

_started: dict[int, subprocess.Popen[bytes]] = {}


def launch(command: Sequence[str], log: Path) -> int:
    """Start a command that may outlive us; its output goes to `log`. Returns its pid."""
    return _launch(command, log, subprocess.DEVNULL)


def launch_tied(command: Sequence[str], log: Path) -> int:
    """Start a command that ends when its standard input does, at the latest with us."""
    return _launch(command, log, subprocess.PIPE)


def _launch(command: Sequence[str], log: Path, stdin: int) -> int:
    for pid in [one for one, held in _started.items() if held.poll() is not None]:
        forget(pid)
    write_private(log, b"")
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
            command, stdin=stdin, stdout=output, stderr=output, start_new_session=True
        )
    _started[process.pid] = process
    return process.pid


def ready(pid: int, look: Callable[[], StateT | None]) -> StateT | None:
    """What `look` finds once the process is ready; None where it ended or takes too long."""
    deadline = time.monotonic() + _START_PATIENCE
    while time.monotonic() < deadline:
        if (state := look()) is not None:
            return state
        if _started[pid].poll() is not None:
            return None
        time.sleep(_LOOK_EVERY)
    return None


def log_tail(log: Path) -> str:
    """The last lines of a log, for an error."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(lines[-_LOG_LINES:]) or "(its log is empty)"


def attend(pid: int) -> None:
    """Return when the process has ended."""
    with suppress(psutil.NoSuchProcess):
        process = _started.get(pid)
        if process is not None:
            process.wait()
        else:
            psutil.Process(pid).wait()
    forget(pid)


def end(pid: int, patience: float) -> None:
    """Ask the process to end, insist after `patience` seconds, and see all of it gone."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        children = process.children(recursive=True)
        process.terminate()
        if not _ended(process, patience):
            process.kill()
            if not _ended(process, patience):
                raise psutil.TimeoutExpired(patience, pid)
        for child in children:
            if not _ended(child, _CHILD_PATIENCE):
                with suppress(psutil.NoSuchProcess):
                    child.kill()
    forget(pid)


def _ended(process: psutil.Process, patience: float) -> bool:
    """Whether it ends in time. Some first processes take a second to bury the dead."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(_LOOK_EVERY)
    return False


def forget(pid: int) -> None:
    """Let go of a process that has ended."""
    process = _started.pop(pid, None)
    if process is None:
        return
    if process.stdin is not None:
        process.stdin.close()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_START_PATIENCE)

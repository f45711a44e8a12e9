"""One cgroup for each host, all below one of the lab's own."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

_PATIENCE = 10.0


def end(group: Path | None) -> None:
    """Kill every process in a cgroup, see them gone, and remove it with those below.

    `cgroup.kill` strikes all at once; kernels before 5.14 do not have it.
    """
    if group is None or not group.is_dir():
        return
    with suppress(FileNotFoundError):
        (group / "cgroup.kill").write_text("1", encoding="ascii")
    deadline = time.monotonic() + _PATIENCE
    while True:
        for pid in _members(group):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            _remove(group)
        except OSError:
            # Busy: a process is still on its way out, or was not listed.
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _remove(group: Path) -> None:
    below = sorted(group.rglob("*/"), key=lambda one: len(one.parts), reverse=True)
    for one in (*(each for each in below if each.is_dir()), group):
        with suppress(FileNotFoundError):
            one.rmdir()


def _members(group: Path) -> list[int]:
    """Processes in a cgroup and those below it."""
    found: list[int] = []
    # A host that still runs removes groups while we look.
    with suppress(OSError):
        for file in group.rglob("cgroup.procs"):
            found += map(int, file.read_text(encoding="ascii").split())
    return found


def joining(group: Path | None, command: list[str]) -> list[str]:
    """The command line that runs `command` inside a cgroup from its first moment."""
    if group is None:
        return command
    group.mkdir(exist_ok=True)
    join = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
    return ["/bin/sh", "-c", join, str(group), *command]

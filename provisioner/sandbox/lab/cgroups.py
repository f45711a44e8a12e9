"""One cgroup for each host, all below one of the lab's own."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

_PATIENCE = 10.0


def end(group: Path) -> None:
    """Kill every process in a cgroup, see them gone, and remove it with those below."""
    if not group.is_dir():
        return
    with suppress(FileNotFoundError):
        (group / "cgroup.kill").write_text("1", encoding="ascii")
    deadline = time.monotonic() + _PATIENCE
    while _populated(group) and time.monotonic() < deadline:
        time.sleep(0.01)
    below = sorted(group.rglob("*/"), key=lambda one: len(one.parts), reverse=True)
    for one in (*(each for each in below if each.is_dir()), group):
        with suppress(FileNotFoundError):
            one.rmdir()


def _populated(group: Path) -> bool:
    with suppress(OSError):
        events = (group / "cgroup.events").read_text(encoding="ascii")
        return "populated 1" in events
    return False


def joining(group: Path, command: list[str]) -> list[str]:
    """The command line that runs `command` inside a cgroup from its first moment."""
    group.mkdir(exist_ok=True)
    join = 'echo $$ >"$0/cgroup.procs" && exec "$@"'
    return ["/bin/sh", "-c", join, str(group), *command]

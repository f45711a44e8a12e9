"""Being root among one's own files: what a plain user can do in a user namespace.

A plain user's lab runs as root of a user namespace, whose other users are those that
/etc/subuid gives this user. It has no cgroup, and so no systemd: see `start-host.sh`.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

_ENTER = "unshare --user --map-root-user --map-auto"


def is_plain() -> bool:
    """Whether this process is neither root nor in a user namespace of ours."""
    return os.geteuid() != 0


def as_root(command: Sequence[str]) -> list[str]:
    """The command line that runs `command` as root, be it of a user namespace."""
    return [*_ENTER.split(), *command] if is_plain() else [*command]


def remove(tree: Path) -> None:
    """Remove a folder with all that is in it, also files of our other users."""
    if tree.exists():
        subprocess.run(as_root(["rm", "-rf", "--", str(tree)]), check=False)  # noqa: S603

"""At which git commit the inventory stands, asked beside the reading of its files."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioner.inventory.source import CLUSTER, MUNICIPALITIES

# No configuration of the user or machine and no program that the repository names is
# run: an inventory may come from a branch that nobody has reviewed yet.
_GIT = (
    "git",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "core.hooksPath=/dev/null",
    "status",
    "--porcelain=v2",
    "--branch",
    "--untracked-files=normal",
    "--ignored=matching",
    "--ignore-submodules=all",
    "--",
    ".",
)
_QUIET = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_PATIENCE = 10.0
_OURS = (CLUSTER, MUNICIPALITIES)


@contextmanager
def asking_git(folder: Path) -> Iterator[Callable[[], str]]:
    """Ask for the commit of a folder; the value, called, waits for the answer.

    The answer is the commit's id, with "+changes" when the folder differs from it, and
    "" outside a repository, in an ignored folder, or where there is no git.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    try:
        process = subprocess.Popen(  # noqa: S603 (no shell, fixed words)
            _GIT,
            cwd=folder,
            env=environment | _QUIET,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
        )
    except OSError:
        yield lambda: ""
        return
    with process:
        try:
            yield lambda: _answer(process)
        finally:
            process.kill()


def _answer(process: subprocess.Popen[str]) -> str:
    try:
        output, _ = process.communicate(timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        return ""
    return "" if process.returncode else _commit(output.splitlines())


def _commit(lines: list[str]) -> str:
    commit = ""
    changed = False
    for line in lines:
        kind, _, rest = line.partition(" ")
        if kind == "#":
            commit = (
                rest.removeprefix("branch.oid ")
                if rest.startswith("branch.oid ")
                else commit
            )
        elif kind != "!":
            changed = True
        elif not rest.strip("./"):
            return ""  # the folder itself, or one above it, is ignored
        else:
            changed |= rest.startswith(_OURS)
    if not commit or commit == "(initial)":
        return ""
    return f"{commit}+changes" if changed else commit

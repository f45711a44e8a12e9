"""How many answers a sandbox held against the vendor's schema, told when it ends.

Where the environment names a file, every sandbox checks its answers, whatever it was
told, and adds a line to that file: a test run sums over all its processes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

VARIABLE = "PROVISIONER_SANDBOX_TALLY"


class Tally(Struct, frozen=True):
    """Answers checked, and what was wrong with those that did not fit."""

    checked: int
    violations: tuple[str, ...] = ()


def wanted() -> bool:
    """Whether the environment asks for a tally."""
    return bool(os.environ.get(VARIABLE))


def add(checked: int, violations: Sequence[str] = ()) -> None:
    """Add a line to the file that the environment names, if it names one."""
    if not wanted():
        return
    line = msgspec.json.encode(Tally(checked, tuple(violations))) + b"\n"
    # One write to a file opened for appending: lines of two processes never mix.
    handle = os.open(
        os.environ[VARIABLE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600
    )
    try:
        os.write(handle, line)
    finally:
        os.close(handle)


def total(file: Path) -> Tally:
    """The sum of a file's lines."""
    lines = file.read_bytes().splitlines() if file.is_file() else []
    told = [msgspec.json.decode(line, type=Tally) for line in lines]
    violations = [one for tally in told for one in tally.violations]
    return Tally(sum(one.checked for one in told), tuple(violations))

"""Every answer of every sandbox in a test run is held against the vendor's schema.

The file that `provisioner.sandbox.tally` writes to is named before the first worker
starts; its sum is told in one line at the end, and a name that the vendor does not know
fails the run.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from provisioner.sandbox import tally

_FILE = pytest.StashKey[Path]()
_TOLD = 20


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return
    folder = Path(tempfile.mkdtemp(prefix="provisioner-tally-"))
    config.stash[_FILE] = folder / "answers.jsonl"
    os.environ[tally.VARIABLE] = str(config.stash[_FILE])


def pytest_sessionfinish(session: pytest.Session) -> None:
    file = session.config.stash.get(_FILE, None)
    if file is None or session.exitstatus != pytest.ExitCode.OK:
        return
    if tally.total(file).violations:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how many answers were checked, and what was wrong with which."""
    found = tally.total(config.stash[_FILE])
    if not found.checked and not found.violations:
        return
    terminalreporter.write_line(
        f"answers of the sandbox held against the vendor's schema: {found.checked:,};"
        f" unknown names and wrong types: {len(found.violations)}"
    )
    for one in found.violations[:_TOLD]:
        terminalreporter.write_line(f"  {one}", red=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    file = config.stash.get(_FILE, None)
    if file is not None:
        file.unlink(missing_ok=True)
        file.parent.rmdir()
        os.environ.pop(tally.VARIABLE, None)

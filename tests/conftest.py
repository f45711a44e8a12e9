"""What every test needs: a clean environment, and at the end a word on every skip."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

_TESTS = Path(__file__).parent

pytest_plugins = ["lab", "rehearsal", "tally", "towns", "portal_world", "api_world"]

# Settings of provisioner (not what a test run tells its workers), credentials of others,
# proxies that would catch loopback traffic, and what changes the width or colour of a
# rendered page.
_UNWANTED = re.compile(
    r"^(PROVISIONER_(?!CONFORMANCE$|SANDBOX_TALLY$)|ANSIBLE_|AZURE_|ARM_|PG)"
    r"|(_TOKEN|_SECRET|_PASSWORD|_API_KEY|_CREDENTIALS)$"
    r"|^(HTTPS?|ALL|NO)_PROXY$"
    r"|^(FORCE_COLOR|NO_COLOR|COLUMNS|LINES|LANGUAGE|GITHUB_ACTIONS|_TYPER_.*)$",
    re.IGNORECASE,
)

for _name in [name for name in os.environ if _UNWANTED.search(name)]:
    del os.environ[_name]


def pytest_xdist_auto_num_workers() -> int:
    """One more than cores: much of the time is waiting for hosts, tenants and browsers."""
    return (os.cpu_count() or 1) + 1


# Files are handed out whole and in this order: what takes longest must not come last.
_LONGEST_FIRST = (
    "end_to_end/test_demo.py",
    "lab",
    "faults",
    "rehearsal",
    "end_to_end",
    "portal",
    "packaging",
    "contract",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; the order within each file stays."""
    items.sort(key=lambda item: _rank(item.path.relative_to(_TESTS)))


def _rank(path: Path) -> int:
    long = (n for n, one in enumerate(_LONGEST_FIRST) if path.is_relative_to(one))
    return next(long, len(_LONGEST_FIRST))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="Write golden files anew."
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once for each reason how many tests were skipped for it."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        reasons[reason.removeprefix("Skipped: ") or "no reason given"] += 1
    if not reasons:
        return
    terminalreporter.section("skipped, and why")
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count:5d}  {reason}")

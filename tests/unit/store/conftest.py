"""A SQLite store in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from provisioner.store import Store, open_store


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "var" / "store.db"


@pytest.fixture
def url(file: Path) -> str:
    """A store that gives up on a lock at once, so that tests do."""
    return f"sqlite:///{file}?timeout=0.1"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with open_store(url) as opened:
        yield opened


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 3, 1, 6, 30, tzinfo=UTC)

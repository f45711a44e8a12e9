"""The project stands alone: no machine's path, no registry's address, whole locks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

# Written in pieces so that this file does not hold what it looks for.
# How root signs in to a host is the same path on every one.
MACHINE = re.compile(
    r"(?<![\w.}$/~-])/(?:wor[k]|roo[t](?!/\.ssh)|home/[a-z][a-z0-9_-]*)/"
)
REGISTRY = re.compile(
    r"py[p]i\.(?:org|python)|python[h]osted\.org|registry\.npm[j]s|proxy\.golan[g]|"
    r"index[_-]url\s*[=:]|docker\.i[o]/|ghcr\.i[o]/"
)
LOCKS = (".ci/dev.lock", ".ci/runtime.lock", ".ci/postgresql.lock")
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9,._-]+\])?==(\S+)", re.MULTILINE)


def _hits(pattern: re.Pattern[str], files: list[Path], root: Path) -> list[str]:
    hits = []
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        hits += [
            f"{path.relative_to(root)}:{number}: {line.strip()[:120]}"
            for number, line in enumerate(text.splitlines(), 1)
            if pattern.search(line)
        ]
    return hits


def test_no_file_names_a_path_of_one_machine(files: list[Path], root: Path) -> None:
    assert not _hits(MACHINE, files, root)


def test_no_file_names_the_address_of_a_registry(files: list[Path], root: Path) -> None:
    assert not _hits(REGISTRY, files, root)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_no_address(lock: str, root: Path) -> None:
    text = (root / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert " @ " not in text


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_of_a_lock_has_a_hash(lock: str, root: Path) -> None:
    entries = re.split(r"\n(?=\S)", (root / lock).read_text(encoding="utf-8").strip())
    assert entries
    assert not [one for one in entries if "--hash=sha256:" not in one]
    assert all(PIN.match(one) for one in entries)


def test_the_dev_lock_holds_every_pin_of_the_others(root: Path) -> None:
    dev, runtime, postgresql = (
        set(PIN.findall((root / lock).read_text(encoding="utf-8"))) for lock in LOCKS
    )
    assert runtime < postgresql <= dev
    assert len(runtime) > 20

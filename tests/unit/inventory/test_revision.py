"""The commit that an inventory stands at."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.inventory import load

pytestmark = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
PEOPLE = "municipalities/yarka/mailboxes.csv"
Writer = Callable[..., Path]


def _git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@cluster.example")
    ended = subprocess.run(
        ["git", *identity, "-c", "commit.gpgsign=false", *words],
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    return ended.stdout.strip()


@pytest.fixture
def committed(written: Writer) -> Path:
    root = written()
    (root.parent / ".gitignore").write_text("var/\n*.pyc\n", encoding="utf-8")
    _git(root.parent, "init", "--quiet")
    _git(root.parent, "add", "--all")
    _git(root.parent, "commit", "--quiet", "--message", "Begin")
    return root


def test_a_clean_folder_is_at_its_commit(committed: Path) -> None:
    assert load(committed).commit == _git(committed, "rev-parse", "HEAD")


@pytest.mark.parametrize("staged", [False, True])
def test_an_edited_file_is_a_change(committed: Path, staged: bool) -> None:
    head = _git(committed, "rev-parse", "HEAD")
    people = committed / PEOPLE
    people.write_bytes(people.read_bytes() + b"\n")
    if staged:
        _git(committed, "add", ".")
    assert load(committed).commit == f"{head}+changes"


@pytest.mark.parametrize("slug", ["tamra", "var"])
def test_a_new_municipality_is_a_change_even_where_git_ignores_it(
    committed: Path, slug: str
) -> None:
    head = _git(committed, "rev-parse", "HEAD")
    folder = committed / "municipalities" / slug
    shutil.copytree(committed / "municipalities/yarka", folder)
    file = folder / "municipality.yml"
    text = file.read_text(encoding="utf-8").replace("yarka.ex", "tamra.ex")
    file.write_text(text, encoding="utf-8")
    assert load(committed).commit == f"{head}+changes"


def test_changes_elsewhere_in_the_repository_do_not_count(committed: Path) -> None:
    (committed.parent / "notes.txt").write_text("x", encoding="utf-8")
    (committed / "hosts.pyc").write_bytes(b"x")
    assert "+changes" not in load(committed).commit


def test_outside_a_repository_there_is_no_commit(written: Writer) -> None:
    assert load(written()).commit == ""


def test_an_ignored_folder_is_at_no_commit(committed: Path) -> None:
    copy = committed.parent / "var" / "inventory"
    shutil.copytree(committed, copy)
    assert load(copy).commit == ""


def test_a_repository_without_a_commit_has_none(written: Writer) -> None:
    root = written()
    _git(root, "init", "--quiet")
    assert load(root).commit == ""


def test_without_git_there_is_no_commit(
    committed: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert load(committed).commit == ""


def test_no_program_of_the_repository_is_run(committed: Path, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch {trace}\n", encoding="utf-8")
    hook.chmod(0o755)
    _git(committed, "config", "core.fsmonitor", str(hook))
    load(committed)
    assert not trace.exists()

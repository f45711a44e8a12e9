"""An approved wish becomes a commit, or everything stays as it was and it is told why."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.errors import RecordingHeld
from provisioner.inventory import load
from provisioner.inventory.write_back import files
from provisioner.inventory.write_back.git import Identity
from provisioner.inventory.write_back.record import Commission, record
from provisioner.model.municipality import Municipality, Names
from provisioner.model.wish import NewMailboxes, NewPerson, Wish

PEOPLE = "municipalities/rameh/mailboxes.csv"
NOOR = NewPerson("noor", "نور حلبي", "EXCHANGESTANDARD", "نور", "حلبي")
SAMI = NewPerson("sami", "سامي حلبي", "EXCHANGESTANDARD", "سامي", "حلبي")
Git = Callable[..., str]


RAMEH = Municipality(
    slug="rameh",
    names=Names("ראמה", "الرامة", "Rameh"),
    cbs_code="0543",
    type="local_council",
    tenant="galil",
    domain="rameh.example",
    language="ar",
    seats={},
    cios=(),
    people=(),
    file="inventory/municipalities/rameh/municipality.yml",
    people_file=f"inventory/{PEOPLE}",
)


def commission(wish: Wish | None = None, request: str = "R1") -> Commission:
    return Commission(
        request,
        RAMEH,
        wish or NewMailboxes((NOOR,)),
        "rameh: new mailbox\nInjected: yes",
        Identity("Huda <h>\nX", "huda@rameh.example"),
        "Noa\nInjected: yes",
    )


@pytest.fixture
def root(written: Callable[..., Path]) -> Path:
    return written()


@pytest.fixture
def git(root: Path) -> Git:
    """git in the repository of the inventory, one folder above it."""

    def run(*words: str, cwd: Path = root.parent) -> str:
        who = ("-c", "user.name=t", "-c", "user.email=t@t.example")
        ended = subprocess.run(
            ["git", *who, *words], cwd=cwd, check=True, capture_output=True, text=True
        )
        return ended.stdout.strip()

    run("init", "--quiet", "--initial-branch=main")
    run("add", ".")
    run("commit", "--quiet", "--message=begin")
    return run


def held(root: Path, cause: str, one: Commission | None = None) -> RecordingHeld:
    """Nothing may change where something is in the way."""
    before = (root / PEOPLE).read_bytes()
    with pytest.raises(RecordingHeld) as told:
        record(root, one or commission())
    assert told.value.cause == cause, told.value
    assert (root / PEOPLE).read_bytes() == before
    assert not list(root.rglob(".provisioner-draft-*"))
    return told.value


def test_one_commit_with_author_trailers_and_nothing_else(root: Path, git: Git) -> None:
    (root.parent / "notes.txt").write_text("mine")
    yarka = root / "municipalities/yarka/municipality.yml"
    yarka.write_text(yarka.read_text() + "# mine too\n")
    git("add", "notes.txt")
    made = record(root, commission())
    assert made.commit == git("rev-parse", "HEAD")
    assert (
        git("log", "-1", "--format=%an|%ae|%cn")
        == "Huda h X|huda@rameh.example|provisioner"
    )
    assert git("log", "-1", "--format=%B") == (
        "rameh: new mailbox Injected: yes\n\nRequest: R1\nApproved-by: Noa Injected: yes"
    )
    assert git("log", "-1", "--format=%(trailers:key=Injected)") == ""
    assert git("show", "--format=", "--name-only", "HEAD") == f"inventory/{PEOPLE}"
    assert git("status", "--porcelain").splitlines() == [
        "M inventory/municipalities/yarka/municipality.yml",
        "A  notes.txt",
    ]
    assert "noor@rameh.example" in {
        p.address for p in load(root).municipality("rameh").people
    }
    again = record(root, commission())
    assert again.commit == made.commit, "the same request is the same commit"


def test_hooks_and_configuration_of_others_take_no_part(
    root: Path, git: Git, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hook = root.parent / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    evil = tmp_path / "gitconfig"
    evil.write_text(
        "[commit]\n gpgSign = true\n[user]\n name = Mallory\n[core]\n editor = false\n"
    )
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(evil))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert record(root, commission()).commit
    monkeypatch.delenv("GIT_DIR")
    assert git("log", "-1", "--format=%cn") == "provisioner"


def test_without_a_repository_the_file_is_written_and_it_says_so(root: Path) -> None:
    made = record(root, commission())
    assert made.commit == ""
    assert "no commit" in made.remark
    assert "said so already" in record(root, commission()).remark
    mode = (root / PEOPLE).stat().st_mode & 0o777
    assert mode == (root / "cluster.yml").stat().st_mode & 0o777


def test_work_in_progress_of_others_is_never_written_over(root: Path, git: Git) -> None:
    text = (root / PEOPLE).read_text()
    (root / PEOPLE).write_text(text.replace("1001", "1009"))
    assert "nobody has committed" in str(held(root, "dirty"))
    git("add", f"inventory/{PEOPLE}")
    held(root, "dirty")
    git("reset", "--quiet", "--hard")
    git("rm", "--quiet", "--cached", f"inventory/{PEOPLE}")
    git("commit", "--quiet", "--message=forgot one")
    assert "not in git" in str(held(root, "dirty"))


def test_a_detached_head_and_a_merge_in_progress_are_told(root: Path, git: Git) -> None:
    git("checkout", "--quiet", "--detach")
    held(root, "detached")
    git("checkout", "--quiet", "main")
    (root.parent / ".git" / "MERGE_HEAD").write_text(git("rev-parse", "HEAD"))
    assert "a merge" in str(held(root, "merging"))
    (root.parent / ".git" / "MERGE_HEAD").unlink()
    (root.parent / ".git" / "index.lock").touch()
    held(root, "busy")
    (root.parent / ".git" / "index.lock").unlink()
    assert record(root, commission()).commit


def test_a_remote_that_is_ahead_is_told_and_after_a_pull_it_merges(
    root: Path, git: Git, tmp_path: Path
) -> None:
    git("clone", "--quiet", "--bare", ".", str(tmp_path / "hub.git"))
    git("remote", "add", "origin", str(tmp_path / "hub.git"))
    git("fetch", "--quiet", "origin")
    git("branch", "--quiet", "--set-upstream-to=origin/main")
    git("clone", "--quiet", str(tmp_path / "hub.git"), str(tmp_path / "other"))
    theirs = tmp_path / "other" / "inventory" / PEOPLE
    theirs.write_text(theirs.read_text().replace("1001", "1009"))
    git("commit", "--quiet", "--all", "--message=theirs", cwd=tmp_path / "other")
    git("push", "--quiet", cwd=tmp_path / "other")
    assert "1 commit(s)" in str(held(root, "behind"))
    git("pull", "--quiet", "--ff-only")
    assert record(root, commission()).commit
    assert "1009" in (root / PEOPLE).read_text()
    assert "noor" in (root / PEOPLE).read_text()


def test_an_address_taken_meanwhile_and_a_spent_budget_are_told_apart(
    root: Path, git: Git
) -> None:
    record(root, commission())
    other = NewPerson("noor", "נור אחר", "SPB")
    held(root, "taken", commission(NewMailboxes((other,)), "R2"))
    more = tuple(
        NewPerson(f"p{n}", f"P {n}", "EXCHANGESTANDARD", f"P{n}") for n in range(9)
    )
    assert "budget" in str(held(root, "seat", commission(NewMailboxes(more), "R3")))
    wrong = NewPerson("x", "X", "EXCHANGESTANDARD", role="pilot")
    held(root, "invalid", commission(NewMailboxes((wrong,)), "R4"))


def test_two_approvals_at_once_lose_no_line(root: Path, git: Git) -> None:
    made: list[str] = []

    def go(person: NewPerson, request: str) -> None:
        made.append(record(root, commission(NewMailboxes((person,)), request)).commit)

    threads = [
        threading.Thread(target=go, args=given)
        for given in ((NOOR, "R1"), (SAMI, "R2"))
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(set(made)) == 2
    text = (root / PEOPLE).read_text()
    assert "noor@" in text
    assert "sami@" in text
    assert git("rev-list", "--count", "HEAD") == "3"
    assert git("status", "--porcelain") == ""


def test_a_full_disk_leaves_the_file_and_the_branch(root: Path, git: Git) -> None:
    """Only in the call that says the bytes are on the disk: a real one takes a mount."""
    head = git("rev-parse", "HEAD")
    program = (
        "import errno, os, sys\n"
        "from pathlib import Path\n"
        "from provisioner.errors import RecordingHeld\n"
        "from provisioner.inventory.write_back.files import replace\n"
        "def full(_): raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n"
        "os.fsync = full\n"
        "try: replace(Path(sys.argv[1]), b'x')\n"
        "except RecordingHeld as held: print(held.cause)\n"
    )
    before = (root / PEOPLE).read_bytes()
    ended = subprocess.run(
        [sys.executable, "-c", program, root / PEOPLE],
        check=True,
        capture_output=True,
        text=True,
    )
    assert ended.stdout.strip() == "full"
    assert (root / PEOPLE).read_bytes() == before
    assert not list((root / PEOPLE).parent.glob(".provisioner*"))
    assert git("rev-parse", "HEAD") == head


@pytest.mark.parametrize("moment", ["replace", "advance", "refresh"])
def test_killed_in_the_middle_it_is_finished_by_the_next_try(
    moment: str, root: Path, git: Git
) -> None:
    program = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from provisioner.inventory.write_back import record as module\n"
        "from provisioner.inventory.write_back.git import Identity, Repository\n"
        "from provisioner.model.wish import NewMailboxes, NewPerson\n"
        "def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)\n"
        "holder = module if sys.argv[2] == 'replace' else Repository\n"
        "setattr(holder, sys.argv[2], die)\n"
        "one = NewPerson('noor', 'نور حلبي', 'EXCHANGESTANDARD', 'نور', 'حلبي')\n"
        "town = module.load(Path(sys.argv[1])).municipality('rameh')\n"
        "module.record(Path(sys.argv[1]), module.Commission('R1', town,"
        " NewMailboxes((one,)), 's', Identity('h'), 'n'))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, root, moment], check=False, capture_output=True
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    made = record(root, commission())
    assert made.commit == git("rev-parse", "HEAD")
    assert git("rev-list", "--count", "HEAD") == "2"
    assert git("status", "--porcelain") == ""
    assert (root / PEOPLE).read_text().count("noor@") == 1


def test_an_inventory_that_is_broken_already_is_told_and_not_touched(
    root: Path, git: Git
) -> None:
    cluster = root / "cluster.yml"
    cluster.write_text(cluster.read_text() + "colour: red\n")
    assert "fault(s) of its own" in str(held(root, "invalid"))


def test_the_sample_that_comes_along_is_never_written(git: Git) -> None:
    from provisioner.shipped import sample_inventory

    with pytest.raises(RecordingHeld, match="sample"):
        record(sample_inventory(), commission())


def test_another_writer_is_waited_for_and_then_told(
    root: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_PATIENCE", 0.1)
    with files.alone(root.parent / ".git" / "provisioner.lock"):
        assert "Another process" in str(held(root, "busy"))
    assert record(root, commission()).commit

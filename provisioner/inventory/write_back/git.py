"""Commits of one file, made by git's plumbing: nothing else that is staged comes along.

No hook, signing key or configuration of a person or machine takes part.
The commit is made whole before anything can be seen, and then becomes the branch's head
only where that is still the one it was made on.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from provisioner.errors import RecordingHeld

_OPTIONS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "commit.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
)
_QUIET = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_SSH = ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_ASKPASS")
_PATIENCE = 30.0  # seconds for one call of git
_FETCHING = 20.0
_LOOKED_AT = 2000  # commits searched for a request's trailer
# What git leaves in its folder while something is going on (gitrepository-layout).
_UNDER_WAY = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
}


class GitFailed(Exception):
    """git ended with an error; the message is the first line it wrote."""


@dataclass(frozen=True)
class Identity:
    """Who a commit names: a name and a mail address, without what would end the line."""

    name: str
    mail: str = ""

    @property
    def words(self) -> tuple[str, str]:
        """Both as git takes them."""
        name = one_line(self.name).translate(_ANGLES).strip(" .,;:'\"") or "unknown"
        return name, one_line(self.mail).translate(_ANGLES).replace(" ", "")


_ANGLES = str.maketrans("", "", "<>")


def one_line(text: str) -> str:
    """A text without line breaks and other control characters, for headers and trailers."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@dataclass(frozen=True)
class Repository:
    """The work tree that an inventory is in."""

    root: Path
    folder: Path
    """git's own folder of this work tree."""

    def path_of(self, file: Path) -> str:
        """A file's path as git names it."""
        return file.relative_to(self.root).as_posix()

    def require_calm(self) -> None:
        """Raises `RecordingHeld` where a commit would land in the middle of something."""
        for name, what in _UNDER_WAY.items():
            if (self.folder / name).exists():
                raise RecordingHeld(
                    "merging",
                    f"Somebody is in the middle of {what} in the inventory's repository.",
                    remedy="Finish it or abort it; the request waits.",
                )
        if not self.branch():
            raise RecordingHeld(
                "detached",
                "The inventory's repository is not on a branch (detached HEAD).",
                remedy="Check out the branch that the inventory is kept on.",
            )
        if (self.folder / "index.lock").exists():
            raise RecordingHeld(
                "busy",
                "git is at work in the inventory's repository (index.lock is there).",
                remedy="Where no git runs any more, remove that file.",
            )

    def branch(self) -> str:
        """The branch that is checked out, "" for none."""
        return self._try("symbolic-ref", "--quiet", "HEAD")

    def head(self) -> str:
        """The id of the newest commit, "" before the first."""
        return self._try("rev-parse", "--verify", "--quiet", "HEAD")

    def committed(self, path: str) -> bytes | None:
        """The bytes of a file in the newest commit as the work tree has them, or None."""
        if not self._try("ls-tree", "--name-only", "HEAD", "--", path):
            return None
        return self._bytes("cat-file", "--filters", f"HEAD:{path}")

    def is_staged(self, path: str) -> bool:
        """Whether the index has another version of a file than the newest commit."""
        return bool(
            self._try("diff-index", "--cached", "--name-only", "HEAD", "--", path)
        )

    def is_ignored(self, path: str) -> bool:
        """Whether git is told to pass the file over, and has not got it all the same."""
        listed = self._try("ls-files", "--", path)
        return not listed and bool(self._try("check-ignore", "--", path))

    def fetch(self) -> None:
        """Ask the branch's remote for news, where it has one.

        A remote that does not answer is no reason to wait: what is committed here is not
        lost, and the next fetch tells.
        """
        remote = self._try("config", f"branch.{self.branch()[11:]}.remote")
        if not remote or remote == ".":
            return
        # The keys and credentials of whoever runs this are needed here, and only here.
        try:
            subprocess.run(  # noqa: S603 (no shell, fixed words)
                ("git", *_with_options(), "fetch", "--quiet", "--no-tags", remote),  # noqa: S607
                cwd=self.root,
                env=_environment({"GIT_TERMINAL_PROMPT": "0"}, keep=_SSH),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                timeout=_FETCHING,
                start_new_session=True,  # without a terminal nobody can be asked
            )
        except (subprocess.TimeoutExpired, OSError):
            return

    def behind(self) -> int:
        """How many commits the remote's branch has that this one has not; 0 without one."""
        counted = self._try("rev-list", "--count", "HEAD..@{upstream}")
        return int(counted) if counted.isdigit() else 0

    def commit_of(self, trailer: str) -> str:
        """The newest commit whose message has this line, or ""."""
        return self._try(
            "log",
            f"--max-count={_LOOKED_AT}",
            "--format=%H",
            "--fixed-strings",
            f"--grep={trailer}",
        ).partition("\n")[0]

    def prepare(
        self, path: str, data: bytes, message: str, author: Identity, base: str
    ) -> str:
        """A commit on `base` with one file changed; nothing can be seen of it yet.

        Raises `GitFailed`.
        """
        name, mail = author.words
        people = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": mail}
        people |= {"GIT_COMMITTER_NAME": "provisioner", "GIT_COMMITTER_EMAIL": ""}
        with tempfile.TemporaryDirectory(prefix="provisioner-") as folder:
            own = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            blob = self._run("hash-object", "-w", "--stdin", "--path", path, given=data)
            if base:
                self._run("read-tree", base, more=own)
            entry = f"{self._mode(path)},{blob},{path}"
            self._run("update-index", "--add", "--cacheinfo", entry, more=own)
            tree = self._run("write-tree", more=own)
        parent = ("-p", base) if base else ()
        text = message.encode("utf-8")
        return self._run("commit-tree", tree, *parent, given=text, more=people)

    def advance(self, commit: str, base: str, why: str) -> None:
        """Make a prepared commit the head of the branch, if that still is `base`.

        Raises `GitFailed`.
        """
        self._run("update-ref", "-m", why, "HEAD", commit, base or "0" * len(commit))

    def refresh(self, path: str) -> None:
        """Let the index know the file as it was committed; of other paths it keeps all.

        Where the index is in use, the file shows as staged; the commit stands all the same.
        """
        entry = self._try("ls-tree", "HEAD", "--", path).split()
        if len(entry) >= 3:
            word = f"{entry[0]},{entry[2]},{path}"
            self._try("update-index", "--add", "--cacheinfo", word)

    def _mode(self, path: str) -> str:
        listed = self._try("ls-tree", "HEAD", "--", path)
        return listed.split()[0] if listed else "100644"

    def _try(self, *words: str) -> str:
        try:
            return self._run(*words)
        except GitFailed:
            return ""

    def _run(
        self, *words: str, given: bytes = b"", more: Mapping[str, str] | None = None
    ) -> str:
        return self._bytes(*words, given=given, more=more).decode().strip()

    def _bytes(
        self, *words: str, given: bytes = b"", more: Mapping[str, str] | None = None
    ) -> bytes:
        return _git(self.root, words, given, more or {})


def repository_of(folder: Path) -> Repository | None:
    """The repository that a folder is in; None outside of one, or where there is no git.

    Raises `RecordingHeld` where git refuses the folder (it belongs to somebody else).
    """
    words = ("rev-parse", "--show-toplevel", "--absolute-git-dir")
    try:
        root, own = _git(folder, words, b"", {}).decode().splitlines()[:2]
    except GitFailed as error:
        if "not a git repository" in str(error) or "No such file" in str(error):
            return None
        raise RecordingHeld("unwritable", f"git: {error}") from error
    return Repository(Path(root).resolve(), Path(own))


def _git(
    folder: Path, words: Sequence[str], given: bytes, more: Mapping[str, str]
) -> bytes:
    try:
        ended = subprocess.run(  # noqa: S603 (no shell)
            ("git", *_with_options(), *words),  # noqa: S607 (wherever git is)
            cwd=folder,
            env=_environment(_QUIET) | dict(more),
            input=given,
            capture_output=True,
            check=False,
            timeout=_PATIENCE,
        )
    except FileNotFoundError as error:
        raise GitFailed(f"No such file: {error.filename}") from error
    except subprocess.TimeoutExpired as error:
        raise GitFailed(f"git {words[0]} gave no answer") from error
    if ended.returncode:
        told = ended.stderr.decode(errors="replace").strip().splitlines()
        raise GitFailed(told[0] if told else f"git {words[0]}: {ended.returncode}")
    return ended.stdout


def _with_options() -> list[str]:
    return [word for option in _OPTIONS for word in ("-c", option)]


def _environment(quiet: Mapping[str, str], keep: Sequence[str] = ()) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_") or name in keep
    }
    return kept | dict(quiet)

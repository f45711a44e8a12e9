"""An approved wish into the inventory: checked as a whole, replaced, committed.

What can go wrong is told as `RecordingHeld` and leaves everything as it was. A process
that is killed between the file and the commit leaves a file that is just what the same
request would write: it is known again and committed then.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from provisioner.errors import InventoryInvalid, RecordingHeld
from provisioner.inventory.load import load
from provisioner.inventory.source import MAILBOXES, MUNICIPALITIES, MUNICIPALITY
from provisioner.inventory.write_back.files import alone, replace
from provisioner.inventory.write_back.git import (
    GitFailed,
    Identity,
    Repository,
    one_line,
    repository_of,
)
from provisioner.inventory.write_back.wishes import edited
from provisioner.model.municipality import Municipality
from provisioner.model.place import Fault
from provisioner.model.wish import Wish, file_of
from provisioner.shipped import sample_inventory

_LOCK = ".provisioner.lock"
_NO_REPOSITORY = (
    "The inventory is in no git repository: the file was written, no commit."
)
_THERE_ALREADY = "The inventory said so already: nothing was written."


@dataclass(frozen=True)
class Commission:
    """One approved request, as far as a commit tells of it.

    `town` is its municipality as it was read last; should its domain have changed since,
    the check of the whole finds it.
    """

    request: str
    town: Municipality
    wish: Wish
    subject: str
    requester: Identity
    approved_by: str

    @property
    def trailer(self) -> str:
        """The line by which a commit is known to be this request's."""
        return f"Request: {one_line(self.request)}"

    @property
    def message(self) -> str:
        return (
            f"{one_line(self.subject)}\n\n{self.trailer}\n"
            f"Approved-by: {one_line(self.approved_by)}\n"
        )


@dataclass(frozen=True)
class Recorded:
    """What was written: the commit ("" without git) and a remark for people, if any."""

    commit: str
    remark: str = ""


def relative_file(wish: Wish, slug: str) -> str:
    """The file that a wish changes, relative to the inventory."""
    name = MAILBOXES if file_of(wish) == "people" else MUNICIPALITY
    return f"{MUNICIPALITIES}/{slug}/{name}"


def record(inventory: Path, one: Commission) -> Recorded:
    """Write a commission into the inventory and commit it; twice is as good as once.

    1. Nobody else writes, and the repository is calm and not behind its remote.
    2. The edit is made on what the last commit says; a file that differs is somebody's
       work in progress.
    3. The whole inventory is checked with the edit in it.
    4. The commit is made, the file replaced, the branch moved on.

    Raises `RecordingHeld`, after which everything is as it was.
    """
    if inventory.resolve() == sample_inventory().resolve():
        raise RecordingHeld(
            "sample",
            "This is the sample inventory that provisioner brings along.",
            remedy="Copy it, and name the copy with --inventory.",
        )
    repository = repository_of(inventory)
    file = Path(os.path.realpath(inventory / relative_file(one.wish, one.town.slug)))
    if repository and repository.is_ignored(repository.path_of(file)):
        repository = None
    if repository is None:
        with alone(inventory / _LOCK):
            return _written(inventory, one, file)
    repository.require_calm()
    repository.fetch()
    with alone(repository.folder / _LOCK.removeprefix(".")):
        try:
            return _committed(inventory, one, file, repository)
        except GitFailed as error:
            raise _git_failed(error) from error


def _written(inventory: Path, one: Commission, file: Path) -> Recorded:
    data = _read(file)
    new = _checked(inventory, one, data)
    if new == data:
        return Recorded("", _THERE_ALREADY)
    replace(file, new)
    return Recorded("", _NO_REPOSITORY)


def _committed(
    inventory: Path, one: Commission, file: Path, repository: Repository
) -> Recorded:
    path = repository.path_of(file)
    if known := repository.commit_of(one.trailer):
        repository.refresh(path)
        return Recorded(known)
    repository.require_calm()
    _require_not_behind(repository)
    base = repository.head()
    data, before = _read(file), repository.committed(path)
    if before is None:
        raise _dirty(path, "is not in git yet")
    if repository.is_staged(path):
        raise _dirty(path, "is staged for a commit of somebody")
    new = _checked(inventory, one, before)
    if data not in (before, new):
        raise _dirty(path, "has changes that nobody has committed")
    if new == before:
        return Recorded(base, _THERE_ALREADY)
    commit = repository.prepare(path, new, one.message, one.requester, base)
    replace(file, new)
    try:
        repository.advance(commit, base, f"commit: request {one.request}")
    except GitFailed:
        replace(file, before)
        raise
    repository.refresh(path)
    return Recorded(commit)


def drafted(
    inventory: Path, wish: Wish, town: Municipality, data: bytes
) -> tuple[bytes, tuple[Fault, ...]]:
    """The file's bytes with the wish in them, and the faults the inventory then has.

    Raises `RecordingHeld` (`conflict` or `invalid`) where it cannot be put in.
    """
    new = edited(wish, data, town)
    try:
        load(inventory, {relative_file(wish, town.slug): new})
    except InventoryInvalid as error:
        return new, tuple(one for one in error.faults if isinstance(one, Fault))
    return new, ()


def read_file(inventory: Path, wish: Wish, slug: str) -> bytes:
    """The file that a wish changes, as it is. Raises `RecordingHeld` (`unwritable`)."""
    return _read(inventory / relative_file(wish, slug))


def is_there(inventory: Path, wish: Wish, town: Municipality) -> bool:
    """Whether the file says already what the wish asks for."""
    data = read_file(inventory, wish, town.slug)
    try:
        return edited(wish, data, town) == data
    except RecordingHeld:
        return False


def _checked(inventory: Path, one: Commission, data: bytes) -> bytes:
    """The file's bytes with the wish in them, valid together with all other files."""
    new, faults = drafted(inventory, one.wish, one.town, data)
    if faults:
        _require_right(inventory)
        raise judged(faults)
    return new


def _require_right(inventory: Path) -> None:
    """Raises `RecordingHeld` where the inventory has faults without the wish, too."""
    try:
        load(inventory)
    except InventoryInvalid as error:
        raise RecordingHeld(
            "invalid",
            f"The inventory has {len(error.faults)} fault(s) of its own:"
            f" {error.faults[0]}",
            remedy="See: provisioner check.",
        ) from error


def judged(faults: Sequence[Fault]) -> RecordingHeld:
    """Faults of an inventory that was right before, so the wish brought them in."""
    codes = {one.code for one in faults}
    told = "; ".join(map(str, faults[:3]))
    if codes == {"over-budget"}:
        return RecordingHeld(
            "seat", told, remedy="It is tried again when the budget has grown."
        )
    if "duplicate-address" in codes:
        return RecordingHeld(
            "taken", told, remedy="Submit a new request with another address."
        )
    return RecordingHeld("invalid", told)


def _require_not_behind(repository: Repository) -> None:
    behind = repository.behind()
    if behind:
        raise RecordingHeld(
            "behind",
            f"The remote has {behind} commit(s) that are not here yet.",
            remedy="Pull them; the request waits and is tried again.",
        )


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise RecordingHeld("unwritable", f"{file.name}: {error.strerror}.") from error


def _dirty(file: str, what: str) -> RecordingHeld:
    return RecordingHeld(
        "dirty",
        f"{file} {what}; nothing was written over it.",
        remedy="Commit it or put it back; the request waits and is tried again.",
    )


def _git_failed(error: GitFailed) -> RecordingHeld:
    full = "No space left" in str(error)
    return RecordingHeld(
        "full" if full else "busy", f"git: {error}; nothing was written."
    )

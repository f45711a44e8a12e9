"""The inventory's folder: what lies in it, and its bytes, read without being misled.

A symbolic link that leaves the folder is never followed, and nothing but a regular file
is opened: a pipe in a checked-out branch must not hang a run.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from provisioner.inventory.faults import Faults, suggestion
from provisioner.model.place import Place

YAML_LIMIT = 1 << 20
CSV_LIMIT = 64 << 20
CLUSTER = "cluster.yml"
MUNICIPALITIES = "municipalities"
MUNICIPALITY = "municipality.yml"
MAILBOXES = "mailboxes.csv"


class Folder:
    """One inventory on disk. Paths are relative to it; places begin with its name.

    `instead` are bytes by path that stand in for those of the file: what is about to be
    written is read as if it were.
    """

    def __init__(
        self, path: Path, faults: Faults, instead: Mapping[str, bytes] | None = None
    ) -> None:
        self.root = path
        self._instead = instead or {}
        self.name = os.path.basename(os.path.abspath(path))  # noqa: PTH100, PTH119 (a link keeps its name)
        self._real = Path(os.path.realpath(path))
        self._faults = faults
        self._digest = hashlib.sha256()
        self._links: set[str] = set()
        self._refused: set[str] = set()

    @property
    def digest(self) -> str:
        """SHA-256 over names and bytes of all files read so far, in order."""
        return self._digest.hexdigest()

    def place_name(self, relative: str) -> str:
        return f"{self.name}/{relative}"

    def entries(self, relative: str) -> list[os.DirEntry[str]]:
        """What lies in a folder, sorted, without hidden files; a fault if there is none."""
        try:
            with os.scandir(self.root / relative) as found:
                kept = [one for one in found if not one.name.startswith(".")]
        except OSError as error:
            self._missing(relative, error, ())
            return []
        kept.sort(key=lambda one: one.name)
        return [one for one in kept if self._stays_inside(one, relative)]

    def read(self, relative: str, limit: int) -> bytes | None:
        """The bytes of a file whose folder was listed before, or None with a fault."""
        if relative in self._refused:
            return None
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        if relative not in self._links:
            flags |= os.O_NOFOLLOW
        try:
            handle = os.open(self.root / relative, flags)
        except OSError as error:
            self._missing(relative, error, self._beside(relative))
            return None
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            os.close(handle)
            self._unfit(relative, status, limit)
            return None
        with open(handle, "rb") as file:  # noqa: PTH123 (a descriptor, not a path)
            data = self._instead.get(relative) or file.read(limit + 1)
        self._digest.update(f"{relative}\0{len(data)}\0".encode())
        self._digest.update(data)
        return data

    def _stays_inside(self, entry: os.DirEntry[str], relative: str) -> bool:
        if not entry.is_symlink():
            return True
        path = f"{relative}/{entry.name}" if relative else entry.name
        if Path(os.path.realpath(entry.path)).is_relative_to(self._real):
            self._links.add(path)
            return True
        self._refused.add(path)
        what = "is a symbolic link out of the inventory; it was not followed."
        self._fault(path, "symlink-outside", what, "Put the file itself there.")
        return False

    def _beside(self, relative: str) -> list[str]:
        folder = (self.root / relative).parent
        try:
            return sorted(os.listdir(folder))  # noqa: PTH208 (names are enough)
        except OSError:
            return []

    def _missing(
        self, relative: str, error: OSError, beside: list[str] | tuple[()]
    ) -> None:
        if isinstance(error, FileNotFoundError):
            name = relative.rpartition("/")[2]
            remedy = suggestion(name, beside, "Write it; see the sample inventory.")
            self._fault(relative, "missing-file", "is not there.", remedy)
            return
        what = f"cannot be read: {error.strerror}."
        self._fault(relative, "unreadable-file", what, "Mend its permissions or kind.")

    def _unfit(self, relative: str, status: os.stat_result, limit: int) -> None:
        if not stat.S_ISREG(status.st_mode):
            what = "is no regular file."
            self._fault(relative, "unreadable-file", what, "Put a file in its place.")
            return
        what = f"has {status.st_size:,} bytes; the limit is {limit:,}."
        remedy = "Look what got into it; such a file is no list of people or settings."
        self._fault(relative, "file-too-large", what, remedy)

    def _fault(self, relative: str, code: str, what: str, remedy: str) -> None:
        file = self.place_name(relative) if relative else self.name
        self._faults.add(Place(file), code, f"The file {what}", remedy)

"""The inventory for a process that lives long: read again only when a file has changed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from provisioner.inventory.load import load
from provisioner.inventory.source import CLUSTER, MUNICIPALITIES
from provisioner.model.cluster import Cluster

_GIT = (".git/HEAD", ".git/index", ".git/logs/HEAD")
Print = tuple[tuple[str, int, int], ...]


class Watched:
    """Loads a folder; the value is frozen, so threads may share it.

    Looked at are names, sizes and times of the files, and what git writes at a commit: a
    few milliseconds where reading a large cluster takes a second.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mutex = threading.Lock()
        self._print: Print = ()
        self._cluster: Cluster | None = None

    def __call__(self) -> Cluster:
        """The cluster as the files say now. Raises `InventoryInvalid`."""
        with self._mutex:
            seen = self._look()
            if self._cluster is None or seen != self._print:
                self._cluster = load(self._path)
                # What was seen before the reading: a write in between shows next time.
                self._print = seen
            return self._cluster

    def _look(self) -> Print:
        files = [self._path / CLUSTER, self._path / MUNICIPALITIES]
        for folder in (self._path, *self._path.absolute().parents):
            files += [folder / name for name in _GIT]
        told = [_told(os.fspath(one), one.stat) for one in files]
        towns = _entries(self._path / MUNICIPALITIES)
        told += [_told(one.path, one.stat) for town in towns for one in _entries(town)]
        return tuple(sorted(filter(None, told)))


def _entries(folder: os.PathLike[str]) -> list[os.DirEntry[str]]:
    """What is in a folder; nothing where it is none."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def _told(path: str, stat: Callable[[], os.stat_result]) -> tuple[str, int, int] | None:
    try:
        told = stat()
    except OSError:
        return None
    return path, told.st_mtime_ns, told.st_size

"""One file of the inventory replaced: wholly or not at all, by one process at a time."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from provisioner.errors import RecordingHeld

_PATIENCE = 60.0  # seconds to wait for another recording
_DRAFT = ".provisioner-draft-"


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold the inventory's lock; it ends with the process, however that ends.

    Raises `RecordingHeld` where another process keeps it for a minute, or it cannot be had.
    """
    held = FileLock(lock, timeout=_PATIENCE)
    try:
        held.acquire()
    except Timeout as error:
        raise RecordingHeld(
            "busy",
            "Another process is writing into the inventory.",
            remedy="It is tried again by itself.",
        ) from error
    except OSError as error:
        raise unwritable(lock, error) from error
    try:
        yield
    finally:
        held.release()


def replace(file: Path, data: bytes) -> None:
    """Put new bytes in a file's place, on the disk before they can be seen.

    Raises `RecordingHeld` (`full` or `unwritable`); the file is then as it was.
    """
    folder = file.parent
    try:
        for left in folder.glob(f"{_DRAFT}*"):  # of one who was killed; we are alone
            left.unlink()
        handle, name = tempfile.mkstemp(prefix=_DRAFT, dir=folder)
        draft = Path(name)
        try:
            with open(handle, "wb") as target:  # noqa: PTH123 (a descriptor, not a path)
                target.write(data)
                target.flush()
                os.fchmod(target.fileno(), stat.S_IMODE(file.stat().st_mode))
                os.fsync(target.fileno())
            draft.replace(file)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        _settle(folder)
    except OSError as error:
        raise unwritable(file, error) from error


def _settle(folder: Path) -> None:
    """Have the folder's entry on the disk, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def unwritable(path: Path, error: OSError) -> RecordingHeld:
    """What went wrong at a file, as the reason for which a request waits."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return RecordingHeld(
            "full",
            "The disk of the inventory is full; nothing was written.",
            remedy="Free some space; the request waits.",
        )
    return RecordingHeld(
        "unwritable", f"{path}: {error.strerror}; nothing was written."
    )

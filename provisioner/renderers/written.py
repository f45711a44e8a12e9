"""Files of reports, written whole or not at all."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from provisioner.errors import StoreError, StoreFull

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def write_whole(target: Path, content: bytes) -> None:
    """Replace `target` in one step; only its owner may read it, for it names people.

    Raises `StoreFull` where the disk is, and `StoreError` where it cannot be written.
    """
    try:
        _write(target, content)
    except OSError as error:
        if error.errno in _FULL:
            raise StoreFull(
                f"{target}: the disk is full; the report was not written.",
                remedy=f"Free some space below {target.parent} and run again.",
            ) from error
        raise StoreError(
            f"{target}: the report cannot be written: {error.strerror or error}.",
            remedy=f"See who may write in {target.parent}, and run again.",
        ) from error


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise

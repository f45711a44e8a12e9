"""The head of the audit in a file outside the store, where it shows a cut-off end."""

from __future__ import annotations

import re
from pathlib import Path

from provisioner.errors import StoreError
from provisioner.store.audit_chain import AuditHead

_FORM = re.compile(r"(\d+):([0-9a-f]{64})\s*")


def read_head(path: Path) -> AuditHead | None:
    """The head that was kept, or None when there is no file yet.

    Raises `StoreError` for a file that cannot be read or holds something else: then the
    audit cannot be judged by it.
    """
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}.") from error
    form = _FORM.fullmatch(text)
    if form is None:
        raise StoreError(
            f"{path} holds no head of an audit (ROWS:HASH).",
            remedy="Name another file, or remove this one if it was made by mistake.",
        )
    return AuditHead(int(form[1]), form[2])


def write_head(path: Path, head: AuditHead) -> None:
    """Keep a head. Raises `StoreError` when the file cannot be written."""
    draft = path.with_name(path.name + ".new")
    try:
        draft.write_text(f"{head}\n", encoding="ascii")
        draft.replace(path)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}.") from error

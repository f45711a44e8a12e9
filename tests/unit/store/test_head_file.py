"""The head of the audit in a file outside the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.errors import StoreError
from provisioner.store.audit_chain import AuditHead
from provisioner.store.head_file import read_head, write_head

HEAD = AuditHead(12, "ab" * 32)


def test_a_head_is_read_back_as_it_was_kept(tmp_path: Path) -> None:
    file = tmp_path / "head"
    assert read_head(file) is None
    write_head(file, HEAD)
    assert read_head(file) == HEAD
    assert [one.name for one in tmp_path.iterdir()] == ["head"]


@pytest.mark.parametrize("text", ["", "12", "12:xyz", f"{HEAD}\n{HEAD}\n", "\x00\xff"])
def test_a_file_that_holds_something_else_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "head"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(StoreError, match="holds no head"):
        read_head(file)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        write_head(tmp_path / "nowhere" / "head", HEAD)

"""A long-lived reader reads again when a file has changed, and only then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.errors import InventoryInvalid
from provisioner.inventory.watched import Watched


def test_the_same_files_are_the_same_value(written: Callable[..., Path]) -> None:
    read = Watched(written())
    assert read() is read()


def test_a_changed_a_new_and_a_lost_file_are_read(written: Callable[..., Path]) -> None:
    folder = written()
    read = Watched(folder)
    first = read()
    file = folder / "municipalities" / "rameh" / "municipality.yml"
    text = file.read_text()
    file.write_text(text + "# a remark\n")
    assert read().digest != first.digest
    (folder / "municipalities" / "yarka" / "stray.txt").write_text("")
    with pytest.raises(InventoryInvalid):
        read()
    with pytest.raises(InventoryInvalid):
        read()
    (folder / "municipalities" / "yarka" / "stray.txt").unlink()
    file.write_text(text)
    assert read().digest == first.digest

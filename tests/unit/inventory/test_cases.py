"""Each fault on its own: `tests/cases/inventory/<fault>.yml`, one file for each."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.inventory.codes import CODES
from provisioner.model.place import Fault

CASES = sorted((Path(__file__).parents[2] / "cases" / "inventory").glob("*.yml"))
# What no small file can show; each has a test of its own beside this one.
ELSEWHERE = {
    "file-too-large",
    "formula",
    "more-faults",
    "no-change",
    "symlink-outside",
    "unknown-kind",
    "unreadable-file",
}


_RUN = re.compile(r"<(\d+) x (.)>")  # `<65 x a>` is sixty-five times a


def _read(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    long = _RUN.sub(lambda run: run[2] * int(run[1]), text)
    case: dict[str, Any] = yaml.safe_load(long)
    return case


def _files(case: dict[str, Any], base: dict[str, str]) -> dict[str, str | bytes | None]:
    files: dict[str, str | bytes | None] = dict(case.get("files", {}))
    for name, pairs in case.get("replace", {}).items():
        text = base[name]
        for old, new in pairs:
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
            text = text.replace(old, new)
        files[name] = text
    for name, rows in case.get("append", {}).items():
        files[name] = base[name] + rows
    for name, encoding in case.get("encode", {}).items():
        files[name] = str(files.get(name, base[name])).encode(encoding, "replace")
    return files


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_fault_is_told_with_its_place_and_remedy(
    path: Path,
    base: dict[str, str],
    written: Callable[..., Path],
    faults_of: Callable[[Path], tuple[Fault, ...]],
) -> None:
    case = _read(path)
    faults = faults_of(written(_files(case, base)))
    told = [(str(fault.place), fault.code) for fault in faults]
    assert told == [(one["place"], one["code"]) for one in case["faults"]]
    for fault, expected in zip(faults, case["faults"], strict=True):
        for words in expected["contains"]:
            assert words in str(fault)
        for words in expected.get("hides", ()):
            assert words not in "".join(map(str, faults))
        assert fault.remedy
        assert fault.what.endswith(".")


def test_every_code_has_a_case_and_every_case_a_known_code() -> None:
    shown = {one["code"] for path in CASES for one in _read(path)["faults"]}
    assert shown == CODES.keys() - ELSEWHERE


def test_the_inventory_that_cases_start_from_is_valid(
    written: Callable[..., Path],
    faults_of: Callable[[Path], tuple[Fault, ...]],
) -> None:
    assert faults_of(written()) == ()

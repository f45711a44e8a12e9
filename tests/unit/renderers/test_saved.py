"""Reports are kept whole, found again, and never half-written."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import msgspec
import pytest
from msgspec import Struct

from provisioner.errors import ReportUnavailable, StoreError, StoreFull
from provisioner.model.report import Report
from provisioner.renderers import FORMATS, render, write
from provisioner.renderers.saved import load, save


class Spec(Struct, frozen=True):
    """A desired state as a kind has it."""

    secretive: str


def with_specs(report: Report) -> Report:
    first = report.municipalities[0]
    changes = tuple(
        msgspec.structs.replace(one, spec=Spec("not to be kept"))
        for one in first.plan.changes
    )
    plan = msgspec.structs.replace(first.plan, changes=changes)
    first = msgspec.structs.replace(first, plan=plan)
    towns = (first, *report.municipalities[1:])
    return msgspec.structs.replace(report, municipalities=towns)


def test_a_saved_report_is_the_same_but_for_the_specs(
    report: Report, tmp_path: Path
) -> None:
    target = save(with_specs(report), tmp_path / "reports")
    assert target.name == f"{report.run_id}.msgpack"
    assert load(tmp_path / "reports", report.run_id) == report
    assert b"not to be kept" not in target.read_bytes()


def test_a_loaded_report_renders_as_the_first_one_did(
    report: Report, tmp_path: Path
) -> None:
    save(report, tmp_path)
    for format in FORMATS:
        assert render(load(tmp_path), format, "he") == render(report, format, "he")


def test_the_report_saved_last_is_found(
    reports: dict[str, Report], tmp_path: Path
) -> None:
    for age, mode in enumerate(["drift", "plan", "apply"]):
        path = save(reports[mode], tmp_path)
        os.utime(path, ns=(0, 10**9 * (100 - age)))
    assert load(tmp_path).mode == "drift"


def test_only_the_owner_may_read_a_report(report: Report, tmp_path: Path) -> None:
    path = save(report, tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("run_id", ["../x", "", ".hidden", "a/b", "x" * 200, "missing"])
def test_a_run_id_names_a_saved_report_and_nothing_else(
    run_id: str, tmp_path: Path
) -> None:
    (tmp_path.parent / "x.msgpack").write_bytes(b"")
    with pytest.raises(ReportUnavailable, match="no report"):
        load(tmp_path, run_id)


def test_a_run_id_that_is_no_file_name_is_not_saved(
    reports: dict[str, Report], tmp_path: Path
) -> None:
    report = msgspec.structs.replace(reports["plan"], run_id="../evil")
    with pytest.raises(ValueError, match="cannot name a file"):
        save(report, tmp_path)


def test_without_reports_the_error_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ReportUnavailable, match="Make one with: provisioner plan"):
        load(tmp_path)


def test_a_damaged_report_is_named(tmp_path: Path) -> None:
    (tmp_path / "r.msgpack").write_bytes(b"\x81\xa1")
    with pytest.raises(ReportUnavailable, match=r"r\.msgpack: cannot be read"):
        load(tmp_path)


def test_written_reports_bear_mode_language_and_format(
    reports: dict[str, Report], tmp_path: Path
) -> None:
    written = write(reports["drift"], tmp_path / "out", FORMATS, ["he", "ar", "en"])
    names = [path.name for path in written]
    assert names == [
        "drift.he.html",
        "drift.ar.html",
        "drift.en.html",
        "drift.json",
        "drift.he.md",
        "drift.ar.md",
        "drift.en.md",
        "drift.csv",
    ]
    assert sorted(names) == sorted(path.name for path in (tmp_path / "out").iterdir())


def test_a_failed_write_leaves_the_old_file(
    reports: dict[str, Report], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [target] = write(reports["plan"], tmp_path, ["json"], [])
    before = target.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    # A full disk cannot be made otherwise without being root.
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFull, match="the disk is full"):
        write(reports["plan"], tmp_path, ["json"], [])
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


def test_a_format_nobody_knows_is_refused(reports: dict[str, Report]) -> None:
    with pytest.raises(ValueError, match="none of the formats"):
        render(reports["plan"], "pdf", "en")


def test_a_folder_that_is_none_is_told_with_its_path(
    reports: dict[str, Report], tmp_path: Path
) -> None:
    (tmp_path / "reports").write_bytes(b"")
    with pytest.raises(StoreError, match=r"reports/.*: the report cannot be written"):
        save(reports["plan"], tmp_path / "reports")

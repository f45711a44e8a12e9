"""`provisioner report`: any saved run in any format, without reading anything anew."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from provisioner.cli.report import report as command
from provisioner.errors import ProvisionerError, ReportUnavailable
from provisioner.model.report import Report
from provisioner.renderers.saved import save


@pytest.fixture
def call(tmp_path: Path) -> Any:
    """Calls the command with settings of its own."""
    app = typer.Typer()
    app.command()(command)
    context = SimpleNamespace(settings=SimpleNamespace(var=tmp_path))

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(app, arguments, obj=context)

    return run


@pytest.fixture
def saved(reports: dict[str, Report], tmp_path: Path) -> Report:
    save(reports["drift"], tmp_path / "reports")
    return reports["drift"]


def test_the_last_report_comes_in_hebrew_by_default(call: Any, saved: Report) -> None:
    result = call()
    assert result.exit_code == 0
    assert '<html lang="he" dir="rtl">' in result.stdout


def test_json_is_one_word_away(call: Any, saved: Report) -> None:
    assert json.loads(call("--json").stdout)["run_id"] == saved.run_id


def test_an_older_run_is_found_by_its_id(
    call: Any, saved: Report, reports: dict[str, Report], tmp_path: Path
) -> None:
    save(reports["plan"], tmp_path / "reports")
    result = call("--run", saved.run_id, "--format", "md", "--lang", "en")
    assert result.stdout.startswith("# Drift report")


def test_a_report_goes_into_a_file(call: Any, saved: Report, tmp_path: Path) -> None:
    target = tmp_path / "mine.csv"
    result = call("-f", "csv", "-o", str(target))
    assert (result.exit_code, result.stdout) == (0, "")
    assert target.read_bytes().startswith(b"\xef\xbb\xbfrun,")


def test_a_folder_gets_a_file_with_its_usual_name(
    call: Any, saved: Report, tmp_path: Path
) -> None:
    result = call("-f", "html", "-l", "ar", "-o", str(tmp_path))
    assert result.exit_code == 0
    assert (tmp_path / "drift.ar.html").is_file()


def test_pdf_is_answered_in_one_clear_line(call: Any, saved: Report) -> None:
    result = call("--format", "pdf")
    assert result.exit_code == 1
    assert isinstance(result.exception, ProvisionerError)
    assert "prints well" in str(result.exception)


def test_without_a_report_the_error_says_what_to_do(call: Any) -> None:
    assert isinstance(call().exception, ReportUnavailable)


def test_last_and_an_id_contradict_each_other(call: Any, saved: Report) -> None:
    assert call("--last", "--run", "x").exit_code == 2

"""The CSV report opens in a spreadsheet in Hebrew, and nothing in it is evaluated."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest

from provisioner.model.report import Report
from provisioner.renderers import render
from provisioner.renderers.sheet import COLUMNS

BOM = "\ufeff"


def rows(report: Report) -> list[dict[str, str]]:
    text = render(report, "csv", "he")
    assert text.startswith(BOM)
    return list(csv.DictReader(io.StringIO(text.removeprefix(BOM), newline="")))


def named(report: Report, name: str) -> Report:
    """The report with a municipality called so, and with an error that reads so."""
    first = report.municipalities[0]
    names = msgspec.structs.replace(first.names, he=name)
    renamed = msgspec.structs.replace(first, names=names, error=name)
    return msgspec.structs.replace(report, municipalities=(renamed,))


def test_every_changed_field_is_a_row(reports: dict[str, Report]) -> None:
    found = [
        (row["entry"], row["field"], row["before"], row["after"], row["last_applied"])
        for row in rows(reports["drift"])
        if row["name"] == "omar@rosh.example" and row["entry"] == "drift"
    ]
    assert found == [
        ("drift", "job_title", "Boss", "مهندس", "مهندس"),
        ("drift", "licenses", "", "EXCHANGESTANDARD", "EXCHANGESTANDARD"),
    ]


def test_all_that_a_run_tells_has_its_rows(reports: dict[str, Report]) -> None:
    drift = {row["entry"] for row in rows(reports["drift"])}
    apply = {row["entry"] for row in rows(reports["apply"])}
    assert drift == {"error", "refusal", "change", "finding", "drift", "resolved"}
    assert apply == {"error", "refusal", "change", "finding", "outcome", "check"}


def test_the_columns_stay_as_they_are(reports: dict[str, Report]) -> None:
    head = render(reports["plan"], "csv", "ar").removeprefix(BOM).splitlines()[0]
    assert head == ",".join(COLUMNS)
    assert rows(reports["plan"])[0]["municipality_ar"] == "رأس الجليل"


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "＝1",
        '=HYPERLINK("http://x.example")',
    ],
)
def test_no_cell_begins_as_a_formula_does(
    cell: str, reports: dict[str, Report]
) -> None:
    for row in rows(named(reports["drift"], cell)):
        for value in row.values():
            bare = value.lstrip()
            assert not bare.startswith(("=", "+", "-", "@", "＝")), value


def test_a_line_break_in_a_name_makes_no_second_line(
    reports: dict[str, Report],
) -> None:
    report = named(reports["drift"], 'a\r\nb,"c"')
    text = render(report, "csv", "en")
    assert text.count("\r\n") == text.count("\n") == len(rows(report)) + 1
    assert rows(report)[0]["municipality_he"] == 'a\\u000d\\u000ab,"c"'

"""The JSON report: complete, by its schema, the same bytes each time, fast."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import jsonschema
import msgspec

from provisioner.model.report import Report
from provisioner.renderers import render
from provisioner.renderers.document import schema


def test_a_report_obeys_the_published_schema(report: Report) -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.validate(json.loads(render(report, "json", "en")))


def test_everything_of_a_run_is_there(reports: dict[str, Report]) -> None:
    document = json.loads(render(reports["apply"], "json", "en"))
    rosh = document["municipalities"][0]
    assert document["schema"] == 1
    assert document["exit_code"] == 1
    assert document["checksum"] == "facade" * 10
    assert rosh["names"]["ar"] == "رأس الجليل"
    assert [len(rosh[part]) for part in ("changes", "refusals", "findings")] == [
        7,
        2,
        1,
    ]
    assert [one["status"] for one in rosh["outcomes"]][:3] == [
        "waiting",
        "done",
        "failed",
    ]
    assert [one["proven"] for one in rosh["proofs"]] == [True, False]
    assert document["tenants"][0]["seats"][0]["enabled"] == 60
    assert document["municipalities"][4]["error"]


def test_a_changed_field_has_all_three_sides(reports: dict[str, Report]) -> None:
    document = json.loads(render(reports["drift"], "json", "en"))
    omar = next(
        one
        for one in document["municipalities"][0]["drift"]
        if one["name"] == "omar@rosh.example"
    )
    assert omar["fields"][0] == {
        "field": "job_title",
        "before": "Boss",
        "after": "مهندس",
        "last_applied": "مهندس",
        "drift": "drifted",
        "diff": "",
    }


def test_times_are_utc_and_say_so(reports: dict[str, Report]) -> None:
    text = render(reports["drift"], "json", "en")
    assert json.loads(text)["started"] == "2026-03-08T06:30:00Z"
    naive = msgspec.structs.replace(reports["plan"], started=datetime(2026, 1, 1, 12))
    assert json.loads(render(naive, "json", "en"))["started"] == "2026-01-01T12:00:00Z"
    assert not re.search(r'T\d\d:\d\d:\d\d[^Z"]*"', text)


def test_the_same_report_makes_the_same_bytes(report: Report) -> None:
    assert render(report, "json", "he") == render(report, "json", "en")


def test_the_spec_of_a_change_is_not_told(report: Report) -> None:
    assert '"spec"' not in render(report, "json", "en")


def test_a_hundred_thousand_changes_take_seconds_not_minutes(
    large: Callable[[Any, int, int], Report],
) -> None:
    report = large("plan", 4, 25_000)
    began = time.process_time()
    render(report, "json", "en")
    assert time.process_time() - began < 5

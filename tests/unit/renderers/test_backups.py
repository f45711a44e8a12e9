"""The backup report in every form and language."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import html5lib
import pytest

from provisioner.model.backup import (
    Checked,
    Drilled,
    JobSaid,
    Known,
    Listed,
    State,
    judge,
)
from provisioner.model.backup_report import Asset, BackupReport, JobStanding
from provisioner.model.municipality import Names
from provisioner.model.report import Report
from provisioner.renderers import render
from provisioner.renderers.backups import headings, remarks, rows
from provisioner.renderers.language import LANGUAGES, translator

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
POINT = 26 * HOUR
NAMES = {"rameh": Names("הראמה", "الرامة", "Rameh <b>")}


def _job(name: str, known: Known) -> JobStanding:
    key = f"rameh/backup_job/{name}"
    judged = judge(known, POINT, NOW)
    return JobStanding(key, "rameh", name, "web-1", "/r", POINT, known, judged)


def _listed(hours: float, **more: int) -> Listed:
    return Listed(NOW - hours * HOUR, NOW - 99 * HOUR, 7, 2_500_000, **more)


FINE = Known(
    JobSaid("done", NOW - 8 * HOUR, NOW - 7.9 * HOUR),
    _listed(8),
    NOW,
    Checked(NOW - 5 * HOUR, sound=True, part="3/14"),
    Drilled(NOW - 50 * HOUR, passed=True, files=12, same=11, changed=1, rows=340),
    sizes=((NOW, 2_500_000), (NOW - 24 * HOUR, 2_000_000)),
)
SILENT = Known(None, _listed(9), NOW - HOUR, unread={"repository": "no route to it"})
LYING = Known(JobSaid("done", NOW - HOUR, NOW - 0.5 * HOUR), Listed(), NOW)
REPORT = BackupReport(
    NOW,
    NAMES,
    (
        Asset("rameh", "website", "main", ("rameh/backup_job/fine",)),
        Asset("rameh", "website", "other", ("rameh/backup_job/lying",)),
        Asset("rameh", "website", "bare"),
        Asset("rameh", "server", "web-1", ("rameh/backup_job/silent",)),
        Asset("rameh", "server", "web-2"),
        Asset("rameh", "mailboxes", "", count=1200),
    ),
    (_job("fine", FINE), _job("silent", SILENT), _job("lying", LYING)),
)
RUN = Report("r1", "drift", NAMES["rameh"], "", NOW, NOW, "c", (), backups=REPORT)


def test_every_asset_has_a_line_with_its_backup_or_the_lack_of_one() -> None:
    words = translator("en")
    found = [one.cells for one in rows(REPORT, words)]
    assert [cells[1] for cells in found] == [
        "website main",
        "website other",
        "website bare",
        "server web-1",
        "server web-2",
        "mailboxes 1,200",
    ]
    assert [cells[3] for cells in found] == [
        "✓ saved",
        "∅ never saved",
        "∅ no backup",
        "? unknown",
        "· made anew from the inventory",
        "· kept by Microsoft, not saved by us",
    ]
    assert found[0][4:] == (
        "1 Jun 2026, 04:00",
        "8 hours",
        "26 hours",
        "2.5 MB (+25%)",
        "1 Jun 2026, 07:00 (3/14)",
        "30 May 2026, 10:00, 11 of 12 the same, 340 rows",
    )
    # A silent repository keeps its last known copy and age.
    assert found[3][4:6] == ("1 Jun 2026, 03:00", "9 hours")
    assert len(headings(words)) == len(found[0])


def test_what_is_wrong_is_said() -> None:
    assert list(remarks(REPORT, translator("en"))) == [
        "rameh/backup_job/silent: no route to it",
        "rameh/backup_job/lying: The job says it succeeded; the repository has nothing"
        " of it.",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_of_a_run_has_a_section_in_its_language(language: str) -> None:
    title = translator(language).gettext("Backups")
    page = render(RUN, "html", language)
    html5lib.HTMLParser(strict=True).parse(page)
    assert f'<h2 id="backups">{title}</h2>' in page
    assert "<b>" not in page
    assert f"## {title}" in render(RUN, "md", language)


def test_machines_read_the_same() -> None:
    told = json.loads(render(RUN, "json", "en"))["backups"]
    states = {one["name"]: one["judgement"]["state"] for one in told["jobs"]}
    assert states == {"fine": "ok", "silent": "unknown", "lying": "never"}
    table = csv.DictReader(StringIO(render(RUN, "csv", "en").removeprefix("\ufeff")))
    kept = [one for one in table if one["entry"] == "backup"]
    assert [one["state"] for one in kept] == [
        "ok",
        "never",
        "no backup",
        "unknown",
        "made anew from the inventory",
        "kept by Microsoft, not saved by us",
    ]
    assert "repository has nothing of it" in kept[1]["reason"]


def test_the_fixture_tells_three_states() -> None:
    assert {one.judgement.state for one in REPORT.jobs} == {
        State.OK,
        State.UNKNOWN,
        State.NEVER,
    }
    assert REPORT.exit_code == 1

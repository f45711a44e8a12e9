"""The backup report on paper: its letters joined, its tables from the side one reads from."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from on_paper import shapes_of, text_of, words_of

from provisioner.errors import PdfUnavailable
from provisioner.model.backup import Acknowledged, Known, Listed, judge
from provisioner.model.backup_report import Asset, BackupReport, JobStanding
from provisioner.model.municipality import Names
from provisioner.renderers.backups import headings
from provisioner.renderers.backups_page import backups_page, backups_pdf
from provisioner.renderers.language import translator
from provisioner.renderers.pdf import to_pdf

NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY = "rameh/backup_job/all"
CLUSTER = Names("אשכול הגליל", "عنقود الجليل", "Galil Cluster")
WORD = Acknowledged(NOW + 24 * HOUR, "<i>המארח</i> עובר דירה", "dana", NOW)


def _report() -> BackupReport:
    copy = Listed(NOW - 40 * HOUR, NOW - 99 * HOUR, 7, 2_500_000)
    sizes = ((NOW, 2_500_000), (NOW - 24 * HOUR, 2_000_000))
    known = Known(None, copy, NOW, acknowledged=WORD, sizes=sizes)
    job = JobStanding(
        KEY,
        "rameh",
        "all",
        "web-1",
        "/r",
        26 * HOUR,
        known,
        judge(known, 26 * HOUR, NOW),
    )
    return BackupReport(
        NOW,
        {"rameh": Names("ראמה", "الرامة", "Rameh")},
        (Asset("rameh", "website", "main", (KEY,)), Asset("rameh", "website", "bare")),
        (job,),
    )


@pytest.mark.parametrize("language", ["he", "ar", "en"])
def test_a_page_reads_from_its_own_side(language: str) -> None:
    made, words = backups_pdf(_report(), CLUSTER, language), translator(language)
    text = text_of(made)
    assert CLUSTER.in_language(language) in text
    assert words.gettext("too old") in text
    assert KEY in text
    # poppler tells words as they stand, from left to right.
    places = {word: left for left, _, word in words_of(made)}
    first, *_, last = (one.split()[0] for one in headings(words))
    if language != "en":
        first, last = first[::-1], last[::-1]
    assert places[first] != places[last]
    assert (places[first] < places[last]) == (language == "en")
    # What stands apart keeps its own direction on a page of any.
    assert places["2.5"] < places["MB"]


def test_arabic_letters_are_joined_and_hebrew_ones_stand_alone() -> None:
    arabic = backups_pdf(_report(), CLUSTER, "ar")
    assert len(shapes_of(arabic, "ي")) > 1
    assert len(shapes_of(arabic, "ل")) > 1
    hebrew = backups_pdf(_report(), CLUSTER, "he")
    assert shapes_of(hebrew, "ל")


def test_who_knows_of_a_danger_is_on_it_and_markup_is_text() -> None:
    page = backups_page(_report(), CLUSTER, "he")
    assert "&lt;i&gt;המארח&lt;/i&gt; עובר דירה" in page
    assert "dana" in text_of(to_pdf(page))


def test_nothing_is_fetched_whatever_a_page_names(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("do not print this")
    page = f'<p>seen</p><a rel="attachment" href="{secret.as_uri()}">x</a>'
    made = to_pdf(f'<link rel="attachment" href="{secret.as_uri()}">{page}')
    assert "seen" in text_of(made)
    assert b"/EmbeddedFile" not in made


def test_without_the_library_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = "raise OSError(\"cannot load library 'libpango-1.0-0'\")\n"
    (tmp_path / "weasyprint.py").write_text(lacking)
    for name in [one for one in sys.modules if one.partition(".")[0] == "weasyprint"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PdfUnavailable, match=r"apt-get install libpangoft2-1\.0-0"):
        to_pdf("<p>x</p>")

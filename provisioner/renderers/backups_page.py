"""The backup report as a page of its own, to be printed or sent."""

from __future__ import annotations

from collections import Counter

from provisioner.model.backup_report import BackupReport
from provisioner.model.municipality import Names
from provisioner.renderers.backups import headings, known_by, rows
from provisioner.renderers.dangers import dangers
from provisioner.renderers.language import translator
from provisioner.renderers.pdf import to_pdf
from provisioner.renderers.values import visible


def backups_pdf(report: BackupReport, cluster: Names, language: str) -> bytes:
    """The report as PDF in `he`, `ar` or `en`. Raises `PdfUnavailable`."""
    return to_pdf(backups_page(report, cluster, language))


def backups_page(report: BackupReport, cluster: Names, language: str) -> str:
    """The report as one HTML page for paper: what is wrong, then every asset."""
    from provisioner.renderers.templating import environment

    words = translator(language)
    found = list(rows(report, words))
    counts = Counter(one.word for one in found)
    return (
        environment(language)
        .get_template("backups-on-paper.html")
        .render(
            report=report,
            cluster=visible(cluster.in_language(words.code)),
            headings=headings(words),
            rows=found,
            counts=counts.most_common(),
            dangers=dangers(report, words),
            known_by=lambda word: known_by(word, words),
        )
    )

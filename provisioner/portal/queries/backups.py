"""Backups as far as a viewer sees them: what is saved, how old it is, what is not."""

from __future__ import annotations

from collections import Counter
from datetime import date

from msgspec import Struct

from provisioner.model.backup import Acknowledged
from provisioner.model.backup_report import BackupReport
from provisioner.model.cluster import Cluster
from provisioner.portal.surroundings import Portal
from provisioner.portal.viewer import Viewer
from provisioner.renderers.backups import Row, causes, headings, rows, size_in_words
from provisioner.renderers.dangers import Danger, dangers
from provisioner.renderers.language import Translator
from provisioner.renderers.sheet import to_table
from provisioner.service.acknowledging import acknowledge as keep_word


class BackupTable(Struct, frozen=True):
    """A line for each asset and the job that saves it, counts of states, and dangers."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    dangers: tuple[Danger, ...]
    counts: dict[str, int]
    labels: dict[str, Row]


class Backup(Struct, frozen=True):
    """One job, or an asset without one: `row` is that of an asset it saves, if any.

    `wrong` is what is wrong with it; `sizes` are moments with bytes and their words,
    newest first.
    """

    key: str
    row: Row | None
    endangered: bool
    wrong: tuple[tuple[str, str], ...]
    sizes: tuple[tuple[date, int, str], ...]


def table(
    portal: Portal,
    cluster: Cluster,
    viewer: Viewer,
    words: Translator,
    municipality: str = "",
    state: str = "",
) -> BackupTable:
    """What a viewer sees, of one municipality and of one state, or of all."""
    report = seen(portal, cluster, viewer, municipality)
    found = list(rows(report, words))
    counts = Counter(row.word.label for row in found)
    shown = tuple(row for row in found if state in ("", row.word.label))
    return BackupTable(
        tuple(headings(words)),
        shown,
        tuple(dangers(report, words)),
        dict(counts),
        {row.word.label: row for row in found},
    )


def seen(
    portal: Portal, cluster: Cluster, viewer: Viewer, municipality: str = ""
) -> BackupReport:
    """The report without what belongs to others, of one municipality or of all."""
    report = portal.store.backups.report(cluster, portal.now())
    return report.kept_to(
        lambda owner: viewer.sees(owner) and municipality in ("", owner)
    )


def one(
    portal: Portal, cluster: Cluster, viewer: Viewer, words: Translator, key: str
) -> Backup | None:
    """A job, or an asset that has none, where the viewer sees it."""
    report = seen(portal, cluster, viewer)
    row = next((row for row in rows(report, words) if row.key == key), None)
    job = next((job for job in report.jobs if job.key == key), None)
    if job is None:
        missing = row is not None and row.asset.missing
        return Backup(key, row, True, (), ()) if missing else None
    sizes = ((at, size, size_in_words(size)) for at, size in job.known.sizes)
    wrong = tuple(dict.fromkeys(causes(job, words)))
    return Backup(key, row, job.endangered, wrong, tuple(sizes))


def acknowledge(
    portal: Portal, viewer: Viewer, key: str, last_day: date, reason: str
) -> Acknowledged:
    """Keep the viewer's word about a danger; see `service.acknowledging`."""
    cluster, now = portal.load(), portal.now()
    return keep_word(portal.store, cluster, key, last_day, reason, viewer.address, now)


def as_csv(found: BackupTable) -> str:
    """The table for a spreadsheet, which computes nothing of it."""
    return to_table(found.headings, [row.cells for row in found.rows])

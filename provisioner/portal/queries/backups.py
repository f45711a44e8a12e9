"""Backups as far as a viewer sees them: what is saved, how old it is, what is not."""

from __future__ import annotations

from collections import Counter

import msgspec
from msgspec import Struct

from provisioner.model.backup_report import BackupReport
from provisioner.model.cluster import Cluster
from provisioner.portal.surroundings import Portal
from provisioner.portal.viewer import Viewer
from provisioner.renderers.backups import Row, headings, remarks, rows
from provisioner.renderers.language import Translator
from provisioner.renderers.sheet import to_table


class BackupTable(Struct, frozen=True):
    """A line for each asset and the job that saves it, and counts of each state."""

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    remarks: tuple[str, ...]
    counts: dict[str, int]
    labels: dict[str, Row]


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
        tuple(remarks(report, words)),
        dict(counts),
        {row.word.label: row for row in found},
    )


def seen(
    portal: Portal, cluster: Cluster, viewer: Viewer, municipality: str = ""
) -> BackupReport:
    """The report without what belongs to others, of one municipality or of all."""
    report = portal.store.backups.report(cluster, portal.now())

    def shown(owner: str) -> bool:
        return viewer.sees(owner) and municipality in ("", owner)

    jobs = {one.key: one for one in report.jobs if shown(one.owner)}
    assets = (
        msgspec.structs.replace(one, jobs=tuple(k for k in one.jobs if k in jobs))
        for one in report.assets
        if shown(one.owner)
    )
    return msgspec.structs.replace(
        report, assets=tuple(assets), jobs=tuple(jobs.values())
    )


def as_csv(found: BackupTable) -> str:
    """The table for a spreadsheet, which computes nothing of it."""
    return to_table(found.headings, [row.cells for row in found.rows])

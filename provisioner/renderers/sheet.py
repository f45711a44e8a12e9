"""The CSV report: one row for each thing told, stable columns, safe in Excel."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from io import StringIO

from provisioner.model.backup_report import BackupReport
from provisioner.model.change import Change, FieldChange
from provisioner.model.drift_item import DriftItem
from provisioner.model.report import MunicipalityReport, Report
from provisioner.renderers.backups import rows
from provisioner.renderers.language import translator
from provisioner.renderers.values import plain

COLUMNS = (
    "run",
    "municipality",
    "municipality_he",
    "municipality_ar",
    "municipality_en",
    "entry",
    "kind",
    "name",
    "state",
    "action",
    "field",
    "before",
    "after",
    "last_applied",
    "reason",
    "remedy",
    "since",
    "next_look",
    "by_hand",
    "who",
    "when",
    "activity",
)

# Excel takes the UTF-8 mark to tell Hebrew and Arabic from an old Windows code page.
_MARK = "\ufeff"
# What a spreadsheet would evaluate, half-width and full-width.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Row = dict[str, str]


def to_csv(report: Report) -> str:
    """The report as CSV: UTF-8 with its mark, comma, CRLF, every cell harmless."""
    text = StringIO()
    text.write(_MARK)
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in report.municipalities:
        common = {
            "run": report.run_id,
            "municipality": one.slug,
            "municipality_he": one.names.he,
            "municipality_ar": one.names.ar,
            "municipality_en": one.names.en,
        }
        common = {column: _cell(value) for column, value in common.items()}
        for row in _rows(one):
            row = {column: _cell(value) for column, value in row.items()} | common
            writer.writerow([row.get(column, "") for column in COLUMNS])
    if report.backups:
        for row in _backups(report.backups):
            row = {column: _cell(value) for column, value in row.items()}
            row["run"] = _cell(report.run_id)
            writer.writerow([row.get(column, "") for column in COLUMNS])
    return text.getvalue()


def to_table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Any table as CSV, in the same form and as harmless as `to_csv`."""
    text = StringIO()
    text.write(_MARK)
    writer = csv.writer(text)
    for row in (headings, *rows):
        writer.writerow([_cell(value) for value in row])
    return text.getvalue()


def _backups(report: BackupReport) -> Iterator[Row]:
    """Each asset with a job that saves it, in the columns there are."""
    for one in rows(report, translator("en")):
        names, job = report.names[one.asset.owner], one.job
        newest = job.known.listed.newest if job and job.known.listed else None
        disagreements = job.judgement.disagreements if job else ()
        yield {
            "municipality": one.asset.owner,
            "municipality_he": names.he,
            "municipality_ar": names.ar,
            "municipality_en": names.en,
            "entry": "backup",
            "kind": one.asset.kind,
            "name": one.asset.name or str(one.asset.count),
            "state": job.judgement.state.value if job else one.word.label,
            "field": job.key if job else "",
            "reason": "; ".join(
                filter(None, [job.judgement.reason if job else "", *disagreements])
            ),
            "since": _moment(newest) if newest else "",
        }


# Most cells say what the row above said.
@lru_cache(maxsize=8192)
def _cell(value: str) -> str:
    text = plain(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _rows(one: MunicipalityReport) -> Iterator[Row]:
    if one.error:
        yield {"entry": "error", "reason": one.error}
    yield from _refusals(one)
    for change in one.changes:
        yield from _change(change)
    for finding in one.findings:
        yield {
            "entry": "finding",
            "kind": finding.kind,
            "name": finding.name,
            "state": finding.drift.value,
            "reason": finding.reason,
        }
    yield from _outcomes(one)
    yield from _checks(one)
    for entry, items in (("drift", one.drift), ("resolved", one.resolved)):
        for item in items:
            yield from _drift(entry, item)


def _refusals(one: MunicipalityReport) -> Iterator[Row]:
    for refusal in one.refusals:
        yield {
            "entry": "refusal",
            "name": refusal.key,
            "state": "waiting" if refusal.waits else "refused",
            "field": refusal.guard,
            "reason": refusal.message,
            "remedy": refusal.remedy,
        }


def _change(one: Change) -> Iterator[Row]:
    row = {
        "entry": "change",
        "kind": one.kind,
        "name": one.name,
        "state": one.drift.value,
        "action": one.action.value,
        "reason": one.reason,
        "by_hand": "; ".join(one.by_hand),
    }
    yield from _fields(row, one.fields)


def _drift(entry: str, one: DriftItem) -> Iterator[Row]:
    row = {
        "entry": entry,
        "kind": one.kind,
        "name": one.name,
        "state": one.drift.value,
        "action": one.life.value,
        "reason": one.reason,
        "since": _moment(one.since),
        "by_hand": "; ".join(one.by_hand),
        "who": one.who,
        "when": _moment(one.when) if one.when else "",
        "activity": one.activity,
    }
    yield from _fields(row, one.fields)


def _fields(row: Row, fields: Iterable[FieldChange]) -> Iterator[Row]:
    empty = True
    for field in fields:
        empty = False
        yield row | {
            "field": field.field,
            "before": plain(field.before),
            "after": plain(field.after),
            "last_applied": plain(field.last_applied),
        }
    if empty:
        yield row


def _outcomes(one: MunicipalityReport) -> Iterator[Row]:
    for outcome in one.outcomes:
        yield {
            "entry": "outcome",
            "kind": outcome.kind,
            "name": outcome.name,
            "state": outcome.status.value,
            "action": outcome.action.value,
            "reason": outcome.reason,
            "next_look": _moment(outcome.next_look) if outcome.next_look else "",
        }


def _checks(one: MunicipalityReport) -> Iterator[Row]:
    for proof in one.proofs:
        for check in proof.checks:
            yield {
                "entry": "check",
                "kind": proof.kind,
                "name": proof.name,
                "state": "proven" if check.holds else "unproven",
                "field": check.name,
                "reason": check.detail,
            }


def _moment(moment: datetime) -> str:
    utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ")

"""The JSON report: a versioned form of its own, so that the model may move behind it.

Times are ISO 8601 in UTC with `Z`; the schema is `docs/reference/report-schema.json`.
A field is added without a new version; one that goes or changes its meaning raises it.
"""

from __future__ import annotations

import inspect
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct

from provisioner.model.backup_report import BackupReport
from provisioner.model.change import Action, Change, Drift, FieldChange, Finding
from provisioner.model.drift_item import DriftItem, Life
from provisioner.model.municipality import Level, Names
from provisioner.model.outcome import Check, Outcome, Proof, Status
from provisioner.model.plan import Refusal
from provisioner.model.report import Mode, MunicipalityReport, Report, TenantSeats


class ChangeDocument(Struct, frozen=True, gc=False):
    """A change without its spec: the fields say all that differs."""

    key: str
    kind: str
    name: str
    action: Action
    drift: Drift
    reason: str
    place: str
    writes: int
    seats: dict[str, int]
    by_hand: tuple[str, ...]
    fields: tuple[FieldChange, ...]


class FindingDocument(Struct, frozen=True, gc=False):
    """Something told and never written."""

    key: str
    kind: str
    name: str
    drift: Drift
    reason: str
    details: dict[str, Any]


class OutcomeDocument(Struct, frozen=True, gc=False):
    """What became of a change."""

    key: str
    kind: str
    name: str
    action: Action
    status: Status
    reason: str
    transient: bool
    next_look: datetime | None
    secret_id: str


class ProofDocument(Struct, frozen=True, gc=False):
    """Whether a resource works, check by check."""

    key: str
    kind: str
    name: str
    at: datetime
    proven: bool
    checks: tuple[Check, ...]


class DriftDocument(Struct, frozen=True, gc=False):
    """One resource that is not as it should be, since when, and who made it so.

    `who` and `activity` are "" and `when` is null where the tenant does not tell.
    """

    key: str
    kind: str
    name: str
    drift: Drift
    life: Life
    since: datetime
    seen: datetime
    reason: str
    by_hand: tuple[str, ...]
    fields: tuple[FieldChange, ...]
    who: str
    when: datetime | None
    activity: str


class MunicipalityDocument(Struct, frozen=True):
    """One municipality, or the cluster itself: `level` tells which.

    `error` is "" where it could be worked on; the cluster has no `domain`.
    """

    slug: str
    level: Level
    names: Names
    domain: str
    error: str
    checksum: str
    quarantined: bool
    managed: dict[str, int]
    in_sync: dict[str, int]
    seats: dict[str, int]
    writes: int
    refusals: tuple[Refusal, ...]
    changes: tuple[ChangeDocument, ...]
    findings: tuple[FindingDocument, ...]
    outcomes: tuple[OutcomeDocument, ...]
    proofs: tuple[ProofDocument, ...]
    drift: tuple[DriftDocument, ...]
    resolved: tuple[DriftDocument, ...]


class ReportDocument(Struct, frozen=True):
    """A whole run."""

    schema: int
    run_id: str
    mode: Mode
    exit_code: int
    cluster: Names
    commit: str
    started: datetime
    finished: datetime
    checksum: str
    tenants: tuple[TenantSeats, ...]
    municipalities: tuple[MunicipalityDocument, ...]
    remarks: tuple[str, ...]
    backups: BackupReport | None


def to_json(report: Report) -> str:
    """The report as indented JSON with a stable order of keys."""
    encoder = msgspec.json.Encoder(order="deterministic")
    return (
        msgspec.json.format(encoder.encode(_report(report)), indent=2).decode() + "\n"
    )


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the JSON report."""
    described = msgspec.json.schema(ReportDocument)
    for part in described["$defs"].values():
        if "description" in part:
            # Python 3.13 cuts the indentation of docstrings, earlier ones keep it.
            part["description"] = inspect.cleandoc(part["description"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described}


def _report(report: Report) -> ReportDocument:
    return ReportDocument(
        report.schema,
        report.run_id,
        report.mode,
        report.exit_code,
        report.cluster,
        report.commit,
        _utc(report.started),
        _utc(report.finished),
        report.checksum,
        report.seats,
        tuple(_municipality(one) for one in report.municipalities),
        report.remarks,
        report.backups,
    )


def _municipality(one: MunicipalityReport) -> MunicipalityDocument:
    plan = one.plan
    return MunicipalityDocument(
        one.slug,
        one.level,
        one.names,
        one.domain,
        one.error,
        one.checksum,
        plan.quarantined,
        plan.managed,
        plan.in_sync,
        plan.seats,
        plan.writes,
        plan.refusals,
        tuple(_change(change) for change in plan.changes),
        tuple(_finding(finding) for finding in plan.findings),
        tuple(_outcome(outcome) for outcome in one.outcomes),
        tuple(_proof(proof) for proof in one.proofs),
        tuple(_drift(item) for item in one.drift),
        tuple(_drift(item) for item in one.resolved),
    )


def _change(one: Change) -> ChangeDocument:
    return ChangeDocument(
        one.key,
        one.kind,
        one.name,
        one.action,
        one.drift,
        one.reason,
        str(one.place),
        one.writes,
        one.seats,
        one.by_hand,
        one.fields,
    )


def _finding(one: Finding) -> FindingDocument:
    return FindingDocument(
        one.key, one.kind, one.name, one.drift, one.reason, one.details
    )


def _outcome(one: Outcome) -> OutcomeDocument:
    return OutcomeDocument(
        one.key,
        one.kind,
        one.name,
        one.action,
        one.status,
        one.reason,
        one.transient,
        _utc(one.next_look) if one.next_look else None,
        one.secret_id,
    )


def _proof(one: Proof) -> ProofDocument:
    return ProofDocument(
        one.key, one.kind, one.name, _utc(one.at), one.proven, one.checks
    )


def _drift(one: DriftItem) -> DriftDocument:
    return DriftDocument(
        one.key,
        one.kind,
        one.name,
        one.drift,
        one.life,
        _utc(one.since),
        _utc(one.seen),
        one.reason,
        one.by_hand,
        one.fields,
        one.who,
        _utc(one.when) if one.when else None,
        one.activity,
    )


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)

"""The hash chain of the audit: how a row is sealed and how a chain is judged. No I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec
from msgspec import Struct

GENESIS = "0" * 64
"""Stands where the first row has no row before it."""

_encoder = msgspec.json.Encoder(order="deterministic")


class AuditRow(Struct, frozen=True):
    """One row: `at` is UTC text, `details` canonical JSON, `hash` 64 hex digits."""

    id: int
    at: str
    actor: str
    action: str
    subject: str
    details: str
    hash: str = ""


class AuditHead(Struct, frozen=True):
    """How long the chain is and how it ends; kept elsewhere, it shows a cut-off end."""

    rows: int
    hash: str

    def __str__(self) -> str:
        return f"{self.rows}:{self.hash}"


class AuditVerdict(Struct, frozen=True):
    """What a walk along the chain found.

    `broken_at` is the first row that does not fit (None when all do), `reason` says why.
    """

    rows: int
    head: AuditHead
    broken_at: int | None = None
    reason: str = ""

    @property
    def holds(self) -> bool:
        return self.broken_at is None


def seal(previous: str, row: AuditRow) -> str:
    """SHA-256 over the hash before and the row as canonical JSON (64 hex digits)."""
    body = {
        "id": row.id,
        "at": row.at,
        "actor": row.actor,
        "action": row.action,
        "subject": row.subject,
        "details": row.details,
    }
    return hashlib.sha256(previous.encode() + _encoder.encode(body)).hexdigest()


def judge(
    rows: Iterable[AuditRow], head: AuditHead, known: AuditHead | None = None
) -> AuditVerdict:
    """Walk the chain in order; `head` is the store's own, `known` one kept elsewhere."""
    last = AuditHead(0, GENESIS)
    met = known is None or known == last
    for row in rows:
        fault = _fault(last, row)
        if fault:
            return AuditVerdict(last.rows, last, last.rows + 1, fault)
        last = AuditHead(row.id, row.hash)
        if known is not None and known.rows == last.rows:
            if known != last:
                reason = "this row is not the one that was there when the head was kept"
                return AuditVerdict(last.rows, last, row.id, reason)
            met = True
    if last != head:
        return AuditVerdict(
            last.rows,
            last,
            last.rows + 1,
            f"the store's own head tells of {head.rows} row(s)",
        )
    if not met and known is not None:
        return AuditVerdict(
            last.rows,
            last,
            last.rows + 1,
            f"the kept head tells of {known.rows} row(s)",
        )
    return AuditVerdict(last.rows, last)


def _fault(last: AuditHead, row: AuditRow) -> str:
    if row.id != last.rows + 1:
        return f"row {last.rows + 1} is missing"
    if row.hash != seal(last.hash, row):
        return "the row or the one before it was changed"
    return ""

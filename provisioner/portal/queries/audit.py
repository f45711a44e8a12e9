"""The audit, searched."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct

from provisioner.store import Store
from provisioner.store.audit_chain import AuditHead, AuditRow

PAGE = 50


class AuditLine(Struct, frozen=True):
    """A row with its time (UTC) and its details taken apart."""

    row: AuditRow
    at: datetime
    details: dict[str, object]


class AuditPage(Struct, frozen=True):
    """Rows, newest first; `after` is the number to go on from, 0 at the end."""

    lines: tuple[AuditLine, ...]
    after: int
    head: AuditHead


def search(
    store: Store, words: str, actor: str, before: int, limit: int = PAGE
) -> AuditPage:
    """The rows that have all these words, of an actor."""
    rows = store.audit.search(words, actor=actor, before=before, limit=limit + 1)
    more = len(rows) > limit
    shown = tuple(
        AuditLine(
            row,
            datetime.fromisoformat(row.at),
            msgspec.json.decode(row.details, type=dict),
        )
        for row in rows[:limit]
    )
    return AuditPage(shown, rows[limit - 1].id if more else 0, store.audit.head())

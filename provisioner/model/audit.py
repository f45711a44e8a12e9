"""Something to be put into the audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class AuditEntry(NamedTuple):
    """Who did what to what; `details` are JSON-like and never hold a secret."""

    actor: str
    action: str
    subject: str
    details: Mapping[str, Any]

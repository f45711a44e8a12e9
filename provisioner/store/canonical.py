"""One text for one value: what is compared and hashed must not depend on who wrote it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec


def canonical(value: Any) -> str:
    """JSON with sorted keys and no spaces; structs, times and tuples are encoded too."""
    return msgspec.json.encode(value, order="sorted").decode()


def as_text(moment: datetime) -> str:
    """UTC as 27 characters that sort by time: `2026-03-01T06:30:00.000000Z`.

    Raises `ValueError` for a time without a zone: it would mean something else elsewhere.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone.")
    text = moment.astimezone(UTC).isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z")

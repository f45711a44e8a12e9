"""A resource as we last brought it about."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class LastAppliedEntry(Struct, frozen=True, gc=False):
    """What was brought about; `spec_json` is the resource's spec as JSON, `at` is UTC."""

    key: str
    municipality: str
    kind: str
    spec_json: bytes
    object_id: str
    at: datetime

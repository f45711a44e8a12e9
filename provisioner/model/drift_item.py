"""A drift item as the store keeps it: what differs, since when, and its life."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from provisioner.model.change import Drift, FieldChange


class Life(StrEnum):
    """Where a drift item stands in its life."""

    NEW = "new"
    PERSISTING = "persisting"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class DriftItem(Struct, frozen=True):
    """One resource that is not as it should be.

    `fields` is empty where the resource as a whole is missing, unmanaged or unknown.
    `since` is when it was first seen, `seen` the last look (UTC). `who`, `when` and
    `activity` (in the vendor's words) are of the change that made it so, as the tenant's
    own audit tells it; empty where that is not known.
    """

    municipality: str
    kind: str
    name: str
    drift: Drift
    fields: tuple[FieldChange, ...]
    since: datetime
    seen: datetime
    life: Life = Life.NEW
    reason: str = ""
    by_hand: tuple[str, ...] = ()
    who: str = ""
    when: datetime | None = None
    activity: str = ""

    @property
    def key(self) -> str:
        return f"{self.municipality}/{self.kind}/{self.name or '*'}"

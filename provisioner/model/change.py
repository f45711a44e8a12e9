"""The difference between what shall be and what is, as changes of single resources."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct

from provisioner.model.place import Place
from provisioner.model.resource import key_of


class Action(StrEnum):
    """What is done to one resource."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    ADOPT = "adopt"
    RESTORE = "restore"


class Drift(StrEnum):
    """How a resource stands between the inventory, the world and what we last applied.

    `pending`: the inventory changed, the world has not. `drifted`: the world changed, the
    inventory has not. `conflict`: both changed. `missing`: we made it and it is gone.
    `unmanaged`: it is there and nobody here declared it. `unknown`: it could not be read.
    """

    IN_SYNC = "in_sync"
    PENDING = "pending"
    DRIFTED = "drifted"
    CONFLICT = "conflict"
    MISSING = "missing"
    UNMANAGED = "unmanaged"
    UNKNOWN = "unknown"


class FieldChange(Struct, frozen=True, gc=False):
    """One field that differs; values are JSON-like, None is "not there".

    `diff` is the unified diff of a text too long to be a value, without secrets.
    """

    field: str
    before: Any
    after: Any
    last_applied: Any = None
    drift: Drift = Drift.PENDING
    diff: str = ""


class Change(Struct, frozen=True, gc=False):
    """One thing to do to one resource.

    `spec` is the whole desired spec (what apply works from, with `fields` naming what
    differs); `object_id` is the provider's id ("" for a create); `seats` counts licences
    taken (+1) or freed (-1) by SKU part number; `writes` are provider writes, 0 where only
    a person can do it, and then or besides `by_hand` holds the exact instructions (DNS
    records); `reason` says why in one English sentence for the log.
    """

    municipality: str
    kind: str
    name: str
    action: Action
    drift: Drift
    fields: tuple[FieldChange, ...]
    spec: Struct | None
    object_id: str = ""
    place: Place = Place("")
    seats: dict[str, int] = {}
    writes: int = 0
    by_hand: tuple[str, ...] = ()
    reason: str = ""

    @property
    def key(self) -> str:
        return key_of(self.municipality, self.kind, self.name)

    @property
    def disables(self) -> bool:
        """True where a mailbox that is enabled now would be switched off."""
        return any(
            one.field == "enabled" and one.before is True and one.after is False
            for one in self.fields
        )

    @property
    def makes_account(self) -> bool:
        """True where an account that gets a first password is not there yet."""
        return any(
            one.field.startswith("site ")
            and one.field.endswith((" installed", " administrator"))
            and one.before in (None, False)
            for one in self.fields
        )

    @property
    def removes(self) -> bool:
        """True where a guard must count it: a deletion or a disable."""
        return self.action is Action.DELETE or self.disables


class Finding(Struct, frozen=True, gc=False):
    """Something the report must tell but that is no change: unmanaged or unknown."""

    municipality: str
    kind: str
    name: str
    drift: Drift
    reason: str
    object_id: str = ""
    details: dict[str, Any] = {}

    @property
    def key(self) -> str:
        return key_of(self.municipality, self.kind, self.name or "*")

"""What shall be, what is there, and what could not be read."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar

from msgspec import Struct

from provisioner.model.place import Place

SpecT = TypeVar("SpecT", bound=Struct)


def key_of(municipality: str, kind: str, name: str) -> str:
    """The key of a resource: `rameh/mailbox/yael@rameh.example`."""
    return f"{municipality}/{kind}/{name}"


class Resource(Struct, Generic[SpecT], frozen=True, gc=False):
    """One thing the inventory wants; `spec` is the frozen struct of its kind."""

    municipality: str
    kind: str
    name: str
    spec: SpecT
    place: Place

    @property
    def key(self) -> str:
        return key_of(self.municipality, self.kind, self.name)


class Observed(Struct, Generic[SpecT], frozen=True, gc=False):
    """One thing that is there, in the same shape as it would be desired.

    `object_id` is the provider's own id; `mark` is our ownership mark as found ("" when
    the object bears none); `protected` is the reason why nobody may write it, or "".
    """

    name: str
    object_id: str
    spec: SpecT
    mark: str = ""
    protected: str = ""


class Unknown(Struct, frozen=True, gc=False):
    """What could not be read; `name` is "" when it is everything of that kind there."""

    municipality: str
    kind: str
    name: str
    reason: str

    @property
    def key(self) -> str:
        return key_of(self.municipality, self.kind, self.name or "*")


class Departure(Struct, frozen=True, gc=False):
    """Since when (UTC) somebody has left, and whether they were signed out everywhere.

    `touched` are the steps that we may have taken in Exchange, to be undone for who
    returns; None where nobody remembers (a lost store): then all that the policy asks.
    """

    since: datetime
    signed_out: bool = True
    touched: tuple[str, ...] | None = None


class Observation(Struct, Generic[SpecT], frozen=True):
    """One kind in one municipality as read now, keyed by resource name.

    `deleted` are objects that the provider can still restore. An entry in `unknown`
    blocks every write on that name, and with name "" on the whole kind. `departures` are
    what we know of those who left, whether they are still there or not; `left_behind`
    what a kind read of what they left, in a shape of its own.
    """

    present: dict[str, Observed[SpecT]] = {}
    deleted: dict[str, Observed[SpecT]] = {}
    unknown: tuple[Unknown, ...] = ()
    departures: dict[str, Departure] = {}
    left_behind: dict[str, Any] = {}

    def unknown_reason(self, name: str) -> str:
        """Why `name` could not be read, or "" when it was."""
        for one in self.unknown:
            if one.name in ("", name):
                return one.reason
        return ""


class Seats(Struct, frozen=True, gc=False):
    """Seats of one licence in one tenant, counted by the provider."""

    license: str
    enabled: int
    consumed: int
    warning: int = 0

    @property
    def free(self) -> int:
        return max(0, self.enabled - self.consumed)

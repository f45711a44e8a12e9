"""The plan of one municipality: changes, what guards refused, costs and a checksum."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from provisioner.model.change import Action, Change, Finding

# A person who has seen the plan may let these go, by its checksum; the last one only
# with the name of another person.
RELEASABLE = frozenset({"removals", "members", "shrunken_inventory", "second_person"})


class Refusal(Struct, frozen=True, gc=False):
    """A guard's word against one change (`key`) or a whole municipality (key "").

    `guard` is its name (`removals`, `shrunken_inventory`, `protected`, `unmanaged`,
    `seats`, `unknown`); `message` says the numbers; `remedy` what a person can do.
    `waits` is true where time or a purchase helps (a seat, a verified domain).
    """

    guard: str
    municipality: str
    key: str
    message: str
    remedy: str = ""
    waits: bool = False


class Plan(Struct, frozen=True):
    """What would happen in one municipality.

    `changes` are all differences, in the order of apply; `refusals` hold some or all of
    them back; `findings` are told and never written. `managed` counts the resources of
    ours by kind; `in_sync` those with nothing to do.
    """

    municipality: str
    changes: tuple[Change, ...] = ()
    findings: tuple[Finding, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    managed: dict[str, int] = {}
    in_sync: dict[str, int] = {}

    @property
    def quarantined(self) -> bool:
        """True where a guard holds back the whole municipality."""
        return any(not one.key for one in self.refusals)

    @property
    def refused_keys(self) -> frozenset[str]:
        return frozenset(one.key for one in self.refusals if one.key)

    @property
    def applicable(self) -> tuple[Change, ...]:
        """The changes apply will make: not refused, and not wholly left to a person."""
        if self.quarantined:
            return ()
        held = self.refused_keys
        return tuple(one for one in self.changes if one.writes and one.key not in held)

    @property
    def writes(self) -> int:
        return sum(one.writes for one in self.applicable)

    @property
    def seats(self) -> dict[str, int]:
        """Seats taken (+) or freed (-) by SKU part number."""
        total: Counter[str] = Counter()
        for change in self.applicable:
            total.update(change.seats)
        return dict(total)

    def count(self, kind: str, action: Action) -> int:
        return sum(1 for c in self.changes if c.kind == kind and c.action is action)

    @property
    def checksum(self) -> str:
        """SHA-256 over what would be written and what is held back, not over times."""
        return _digest(
            [
                [
                    c.key,
                    c.action,
                    c.object_id,
                    [[f.field, f.before, f.after] for f in c.fields],
                ]
                for c in self.changes
            ],
            sorted([r.guard, r.municipality, r.key] for r in self.refusals),
        )


def _digest(*parts: object) -> str:
    encoder = msgspec.json.Encoder(order="deterministic")
    return hashlib.sha256(encoder.encode(parts)).hexdigest()


def total_checksum(plans: Iterable[Plan]) -> str:
    """One checksum over the plans of a scope, whatever their order (64 hex digits)."""
    return _digest(sorted([plan.municipality, plan.checksum] for plan in plans))

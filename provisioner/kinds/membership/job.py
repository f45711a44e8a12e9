"""One object with members on its way through an apply."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from provisioner.errors import ProviderError, TransientProviderError
from provisioner.kinds.membership.roster import joining, leaving
from provisioner.model.change import Action, Change, FieldChange
from provisioner.model.outcome import Outcome, Status

_MINUTES = 15
_NAMED = 5


@dataclass
class Job:
    """A change being made; `object_id` is "" until the object exists.

    `found_again`: an earlier create of ours had made it. `joins`, `leaves`, `owners_in`
    and `owners_out` are user ids still to write, by what the plan said; `newcomers`: some
    of them were made a moment ago. `absent` are addresses that no user bears yet,
    `strangers` those whose user bears no mark of ours; `refusal` is why a guest could not
    be invited, while the rest goes on.
    """

    change: Change
    object_id: str
    fresh: bool = False
    found_again: bool = False
    joins: list[str] = field(default_factory=list)
    leaves: list[str] = field(default_factory=list)
    owners_in: list[str] = field(default_factory=list)
    owners_out: list[str] = field(default_factory=list)
    newcomers: bool = False
    absent: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    refusal: str = ""
    error: str = ""
    transient: bool = False

    @classmethod
    def of(cls, change: Change) -> Job:
        return cls(change, change.object_id)

    @property
    def key(self) -> str:
        return self.change.key

    @property
    def wanted(self) -> list[str]:
        """Addresses that shall join or leave."""
        return [*joining(self.change), *leaving(self.change), *self.owners]

    @property
    def owners(self) -> list[str]:
        """Addresses of owners that come or go."""
        both = ((one.before, one.after) for one in self._owner_fields())
        return [address for pair in both for side in pair for address in side or ()]

    def owner_addresses(self) -> tuple[set[str], set[str]]:
        """Owners to add and owners to take out."""
        for one in self._owner_fields():
            before, after = set(one.before or ()), set(one.after or ())
            return after - before, before - after
        return set(), set()

    def _owner_fields(self) -> list[FieldChange]:
        return [one for one in self.change.fields if one.field == "owners"]

    def bound(self, binds: int) -> list[str]:
        """The members that a create takes along; users made a moment ago it may not see."""
        return (
            [] if self.newcomers else self.joins[: max(0, binds - len(self.owners_in))]
        )

    @property
    def writes_texts(self) -> bool:
        named = {one.field for one in self.change.fields}
        told = bool(named & {"display_name", "description"})
        existing = self.change.action is not Action.CREATE
        return existing and (told or self.change.action is not Action.UPDATE)

    @property
    def open(self) -> bool:
        return not self.error

    def fail(self, error: ProviderError, doing: str) -> None:
        self.error = f"{doing}: {error}"
        self.transient = isinstance(error, TransientProviderError)

    def outcome(self, now: datetime) -> Outcome:
        """How it ended; who is not there yet makes it wait."""
        status, reason, look = Status.DONE, self.error or self.refusal, None
        if reason:
            status = Status.FAILED
        elif self.absent:
            status, look = Status.WAITING, now + timedelta(minutes=_MINUTES)
            reason = f"{len(self.absent)} have no user yet: {_some(self.absent)}"
        elif self.strangers:
            status, number = Status.WAITING, len(self.strangers)
            reason = f"{number} wait for adoption: {_some(self.strangers)}"
        elif self.change.by_hand:
            status, reason = Status.WAITING, "; ".join(self.change.by_hand[:_NAMED])
        one = self.change
        return Outcome(
            one.municipality,
            one.kind,
            one.name,
            one.action,
            status,
            reason,
            self.transient or status is Status.WAITING,
            look,
            self.object_id,
        )


def _some(addresses: list[str]) -> str:
    more = " …" if len(addresses) > _NAMED else ""
    return f"{', '.join(addresses[:_NAMED])}{more}"

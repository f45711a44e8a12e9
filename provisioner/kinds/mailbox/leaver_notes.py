"""Those who left or come back in one municipality: what is due, and what a person does."""

from __future__ import annotations

from typing import Any

from provisioner.kind import Scope
from provisioner.kinds.mailbox.handover import (
    LeftBehind,
    flat,
    nobody_takes_over,
    steps_to_leave,
    steps_to_return,
    too_large_for,
    touched_steps,
    typed,
    wanted_handover,
)
from provisioner.kinds.mailbox.leavers import Leaving
from provisioner.kinds.mailbox.planned import left_to_a_person
from provisioner.kinds.mailbox.spec import Handover, MailboxSpec
from provisioner.model.change import Change, FieldChange
from provisioner.model.municipality import Municipality
from provisioner.model.place import Place
from provisioner.model.resource import Observation, Observed

_HAND_OVER = "exchange: off, so the mailbox can only be handed over by hand"
_TAKE_BACK = "exchange: off, so the handing over can only be undone by hand"
_TOO_LARGE = "the mailbox is too large to give up its seat"

Steps = tuple[FieldChange, ...]
Lines = tuple[str, ...]


class LeaverNotes:
    """The policy for one municipality's leavers, beside what was read of them."""

    def __init__(
        self, scope: Scope, municipality: Municipality, observed: Observation[Any]
    ) -> None:
        self._policy, self._now = scope.cluster.leavers, scope.now
        self._home = municipality
        self._observed = observed
        self._off = scope.cluster.tenant(municipality.tenant).exchange == "off"

    def leaving(self, found: Observed[Any], spec: MailboxSpec) -> Leaving:
        """Somebody who leaves or has left; `spec` says what they are called."""
        return Leaving(
            self._policy,
            found.spec,
            self._observed.departures.get(found.name),
            self._now,
            None if self._off else self._wanted(spec),
            self._left(found.name),
        )

    def _wanted(self, spec: MailboxSpec) -> Handover | None:
        return wanted_handover(
            self._policy, self._home, spec.display_name, spec.department
        )

    def _left(self, name: str) -> LeftBehind | None:
        return self._observed.left_behind.get(name)

    def unread(self, name: str) -> str:
        """Why the mailbox of somebody could not be read, or ""."""
        left = self._left(name)
        return left.reason if left else ""

    def lines(self, leaving: Leaving, found: Observed[Any], change: Change) -> Lines:
        """What a person has to do beside a change of somebody who left."""
        _, lines = self._undone(leaving, found)
        want = self._wanted(found.spec)
        if change.disables and want is not None and want.readers == ():
            lines += nobody_takes_over(
                found.spec.address, found.spec.department, self._home.file
            )
        return lines

    def still_to_do(
        self, leaving: Leaving, found: Observed[Any], place: Place
    ) -> Change | None:
        """What a person has to do of somebody for whom all else is done."""
        fields, lines = self._undone(leaving, found)
        if not lines:
            return None
        reason = _HAND_OVER if self._off else _TOO_LARGE
        return left_to_a_person(self._home.slug, found, fields, lines, place, reason)

    def _undone(self, leaving: Leaving, found: Observed[Any]) -> tuple[Steps, Lines]:
        left, spec = leaving.left, found.spec
        if left is None or left.reason or left.handover is None or not spec.licenses:
            return (), ()
        if self._off:
            want = self._wanted(spec)
            fields = steps_to_leave(want, left.handover, None, ()) if want else ()
            return fields, typed(fields, spec.address, self._home.tenant)
        if leaving.seat_due and self._policy.convert_to_shared and left.too_large:
            seat = FieldChange("licenses", list(spec.licenses), [])
            return (seat,), too_large_for(spec.address, left.size or 0)
        return (), ()

    def to_return(self, found: Observed[Any]) -> tuple[Steps, Lines]:
        """What has to be undone of somebody who comes back, by us and by a person."""
        departure = self._observed.departures.get(found.name)
        if departure is None:
            return (), ()
        if self._off:
            # Whether a person had done it by hand, nobody can see.
            policy = () if found.spec.enabled else flat(self._wanted(found.spec))
            steps = dict.fromkeys((*(departure.touched or ()), *policy))
            fields = steps_to_return(steps, None)
            return (), typed(fields, found.spec.address, self._home.tenant)
        touched = touched_steps(departure, self._policy, self._home, found.spec)
        left = self._left(found.name)
        if left is not None and left.reason:
            return (), ()
        return steps_to_return(touched, left.handover if left else None), ()

    def still_to_undo(self, found: Observed[Any], place: Place) -> Change | None:
        """What a person has to undo, we having done it while Exchange was on."""
        departure = self._observed.departures.get(found.name)
        if not self._off or departure is None or not departure.touched:
            return None
        fields = steps_to_return(departure.touched, None)
        lines = typed(fields, found.spec.address, self._home.tenant)
        return left_to_a_person(
            self._home.slug, found, fields, lines, place, _TAKE_BACK
        )

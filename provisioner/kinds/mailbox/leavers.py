"""What is due for somebody who has left: a list of steps, each one small function. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from provisioner.kinds.mailbox.handover import LeftBehind, steps_to_leave
from provisioner.kinds.mailbox.spec import SETTINGS_FIELDS, Handover, MailboxSpec
from provisioner.model.change import FieldChange
from provisioner.model.cluster import Leavers
from provisioner.model.resource import Departure

SIGNED_IN = "signed_in"


class Leaving(Struct, frozen=True):
    """Somebody who has left and is still there.

    `departure` is None where we do not know when they left: then no day has passed.
    `want` is what the policy asks of their mailbox, None where it asks nothing or
    Exchange is off; `left` what was read of it, None where nobody looked.
    """

    policy: Leavers
    spec: MailboxSpec
    departure: Departure | None
    now: datetime
    want: Handover | None = None
    left: LeftBehind | None = None

    @property
    def unread(self) -> str:
        """Why the mailbox could not be read, or ""."""
        return self.left.reason if self.left else ""

    @property
    def seat_due(self) -> bool:
        """Whether the days have passed after which the licence is to go."""
        days = self.policy.free_seat_after_days
        return bool(self.spec.licenses) and self.away(days)

    @property
    def seat_may_go(self) -> bool:
        """Whether the mailbox stays without its licence, or is meant to go with it."""
        if not self.policy.convert_to_shared:
            return True
        return self.left is not None and self.left.needs_no_seat

    @property
    def kept(self) -> Handover | None:
        """What of `want` can be brought about now, and be remembered."""
        there = self.left is not None and self.left.handover is not None
        return self.want if there and not self.unread else None

    def away(self, days: int | None) -> bool:
        """Whether they have been away for `days`; None means never."""
        if days is None:
            return False
        if self.departure is None or self.spec.enabled:
            return days == 0
        return (self.now - self.departure.since).days >= days


def sign_out(one: Leaving) -> FieldChange | None:
    """Signed out everywhere when switched off, and later where that is still owed."""
    owed = one.departure is not None and not one.departure.signed_out
    if one.policy.revoke_sessions and (one.spec.enabled or owed):
        return FieldChange(SIGNED_IN, before=True, after=False)
    return None


def free_seat(one: Leaving) -> FieldChange | None:
    """The licences taken away, once the policy's days have passed and nothing is lost."""
    if one.seat_due and one.seat_may_go:
        return FieldChange("licenses", list(one.spec.licenses), [])
    return None


Step = Callable[[Leaving], FieldChange | None]
STEPS: tuple[Step, ...] = (sign_out, free_seat)


def steps_due(one: Leaving) -> tuple[FieldChange, ...]:
    """What the policy asks for now, besides being switched off."""
    return tuple(change for step in STEPS if (change := step(one)) is not None)


def handed_over(
    one: Leaving, last: Mapping[str, Any] | None
) -> tuple[FieldChange, ...]:
    """What is to be done in Exchange; nothing without a mailbox that could be read."""
    if one.kept is None or one.left is None or one.left.handover is None:
        return ()
    touched = (one.departure.touched if one.departure else None) or ()
    before = last.get("handover") if last else None
    return steps_to_leave(one.kept, one.left.handover, before, touched)


def deletion_due(one: Leaving) -> bool:
    """Whether the account is due to be deleted: never one that can still sign in."""
    days = one.policy.delete_after_days
    if one.unread:
        return False
    return days is not None and not one.spec.enabled and one.away(days)


def as_left(
    want: MailboxSpec,
    have: MailboxSpec,
    fields: Sequence[FieldChange],
    kept: Handover | None = None,
) -> MailboxSpec:
    """`want` for somebody who has left: switched off, with the licences that remain.

    `kept` is how the mailbox is handed over, as far as that can be done now.
    """
    freed = any(one.field == "licenses" for one in fields)
    return msgspec.structs.replace(
        want,
        enabled=False,
        licenses=() if freed else have.licenses,
        handover=kept,
    )


def left_before(last: Mapping[str, Any] | None) -> bool:
    """Whether what we last brought about was their leaving."""
    return last is not None and last.get("enabled") is False


def brought_about(last: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """What we last applied, as far as we did apply it.

    Of somebody who left we keep neither licence nor settings as they were, so that what
    they come back to is no drift.
    """
    if last is None or not left_before(last):
        return last
    kept = {"licenses", *SETTINGS_FIELDS}
    return {name: value for name, value in last.items() if name not in kept}

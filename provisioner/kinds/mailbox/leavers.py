"""What is due for somebody who has left: a list of steps, each one small function. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from provisioner.kinds.mailbox.spec import SETTINGS_FIELDS, MailboxSpec
from provisioner.model.change import FieldChange
from provisioner.model.cluster import Leavers
from provisioner.model.resource import Departure

SIGNED_IN = "signed_in"


class Leaving(Struct, frozen=True):
    """Somebody who has left and is still there.

    `departure` is None where we do not know when they left: then no day has passed.
    """

    policy: Leavers
    spec: MailboxSpec
    departure: Departure | None
    now: datetime

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
    """The licences taken away, once the policy's days have passed."""
    if one.spec.licenses and one.away(one.policy.free_seat_after_days):
        return FieldChange("licenses", list(one.spec.licenses), [])
    return None


Step = Callable[[Leaving], FieldChange | None]
STEPS: tuple[Step, ...] = (sign_out, free_seat)


def steps_due(one: Leaving) -> tuple[FieldChange, ...]:
    """What the policy asks for now, besides being switched off."""
    return tuple(change for step in STEPS if (change := step(one)) is not None)


def deletion_due(one: Leaving) -> bool:
    """Whether the account is due to be deleted: never one that can still sign in."""
    days = one.policy.delete_after_days
    return days is not None and not one.spec.enabled and one.away(days)


def as_left(
    want: MailboxSpec, have: MailboxSpec, fields: Sequence[FieldChange]
) -> MailboxSpec:
    """`want` for somebody who has left: switched off, with the licences that remain."""
    freed = any(one.field == "licenses" for one in fields)
    return msgspec.structs.replace(
        want, enabled=False, licenses=() if freed else have.licenses
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

"""The changes that a plan of mailboxes is made of, with what each one costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provisioner.kinds.mailbox.handover import commands, is_step
from provisioner.kinds.mailbox.leavers import SIGNED_IN
from provisioner.kinds.mailbox.spec import SETTINGS_FIELDS, MailboxSpec
from provisioner.model.change import Action, Change, Drift, FieldChange
from provisioner.model.place import Place
from provisioner.model.resource import Observed, Resource


def updated(
    resource: Resource[Any],
    found: Observed[Any],
    fields: tuple[FieldChange, ...],
    spec: MailboxSpec,
    drift: Drift,
) -> Change:
    """`found` brought to `spec` in these fields."""
    return Change(
        resource.municipality,
        "mailbox",
        resource.name,
        Action.UPDATE,
        drift,
        fields,
        spec,
        found.object_id,
        resource.place,
        seats=seats_of(fields),
        writes=writes_of(fields),
        reason=f"{len(fields)} field(s) differ",
    )


def departed(
    slug: str,
    found: Observed[Any],
    fields: tuple[FieldChange, ...],
    spec: MailboxSpec,
    place: Place,
    drift: Drift,
) -> Change:
    """What is due for a mailbox without a row."""
    return Change(
        slug,
        "mailbox",
        found.name,
        Action.UPDATE,
        drift,
        fields,
        spec,
        found.object_id,
        place,
        seats=seats_of(fields),
        writes=writes_of(fields),
        reason="no longer in the inventory: switched off, not deleted",
    )


def deleted(slug: str, found: Observed[Any], place: Place) -> Change:
    """An account on its way into the recycle bin."""
    return Change(
        slug,
        "mailbox",
        found.name,
        Action.DELETE,
        Drift.PENDING,
        (),
        None,
        found.object_id,
        place,
        seats=dict.fromkeys(found.spec.licenses, -1),
        writes=1,
        reason="left long enough ago: due to be deleted",
    )


def seats_of(fields: Sequence[FieldChange]) -> dict[str, int]:
    """Seats taken (+1) and freed (-1) by part number."""
    for one in fields:
        if one.field == "licenses":
            taken = {name: 1 for name in one.after if name not in one.before}
            return taken | {name: -1 for name in one.before if name not in one.after}
    return {}


def writes_of(fields: Sequence[FieldChange]) -> int:
    """Writes that the fields cost: user, licences, sessions, settings, commands."""
    names = {one.field for one in fields}
    settings = names & set(SETTINGS_FIELDS)
    apart = names & {"licenses", SIGNED_IN}
    steps = {name for name in names if is_step(name)}
    directory = names - settings - apart - steps
    return bool(directory) + len(apart) + bool(settings) + len(commands(fields, ""))


def left_to_a_person(
    slug: str,
    found: Observed[Any],
    fields: tuple[FieldChange, ...],
    lines: tuple[str, ...],
    place: Place,
    reason: str,
) -> Change:
    """What we cannot do, or must not, with the lines that say what and why."""
    return Change(
        slug,
        "mailbox",
        found.name,
        Action.UPDATE,
        Drift.PENDING,
        fields,
        found.spec,
        found.object_id,
        place,
        by_hand=lines,
        reason=reason,
    )

"""Secondary addresses: which shall be there, and which must never be lost.

An alias that we did not put there is somebody's way to be reached (an address from
before a person's name changed above all): it stays until the inventory once named it
and names it no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from provisioner.kind import Differences, LastApplied
from provisioner.model.change import Action, Change, Drift, FieldChange
from provisioner.model.resource import Observation, Resource, key_of
from provisioner.providers.graph.exchange_command import (
    address_edit,
    powershell,
    set_mailbox,
)

_WHY = "exchange: off, so aliases can only be set by hand"


def merged(
    want: Collection[str], have: Collection[str], last: Iterable[str] | None
) -> tuple[str, ...]:
    """The aliases a mailbox shall end with; pure.

    `want` is the inventory's word, `have` what is there, `last` what we last applied.
    """
    withdrawn = {*(last or ())} - {*want}
    return tuple(sorted({*want, *have} - withdrawn))


def remembered(last: Collection[str], have: Collection[str]) -> list[str]:
    """What we last applied together with what we leave alone, to compare with."""
    return sorted({*last, *have})


def edits(
    before: Collection[str], after: Collection[str]
) -> tuple[list[str], list[str]]:
    """What to add and what to remove."""
    return sorted({*after} - {*before}), sorted({*before} - {*after})


def comparable(
    slug: str,
    desired: Sequence[Resource[Any]],
    observed: Observation[Any],
    last_applied: LastApplied,
    *,
    off: bool,
) -> Observation[Any]:
    """The observation without aliases that are to be left alone.

    That is what neither the inventory nor we ever named, all of a leaver's, and all of
    everybody's where Exchange is `off`: `undone` tells of those.
    """
    wanted = {one.name: one.spec for one in desired}
    anybodys = {alias for spec in wanted.values() for alias in spec.aliases}
    present = dict(observed.present)
    for name, found in observed.present.items():
        want = wanted.get(name)
        if not found.spec.aliases and (want is None or not want.aliases):
            continue
        if want is not None and (off or not want.enabled):
            seen = want.aliases
        elif want is not None and {*found.spec.aliases} <= {*want.aliases}:
            continue  # nothing beyond the inventory's: our memory need not be asked
        else:
            last = last_applied.get(key_of(slug, "mailbox", name)) or {}
            ours = {*(want.aliases if want else anybodys), *last.get("aliases", ())}
            seen = tuple(one for one in found.spec.aliases if one in ours)
        if seen != found.spec.aliases:
            spec = msgspec.structs.replace(found.spec, aliases=seen)
            present[name] = msgspec.structs.replace(found, spec=spec)
    return msgspec.structs.replace(observed, present=present)


def undone(
    tenant: str,
    desired: Sequence[Resource[Any]],
    observed: Observation[Any],
    found: Differences,
) -> Differences:
    """The differences with what a person has to do where Exchange is off."""
    missing = {}
    for one in desired:
        if not one.spec.enabled or observed.unknown_reason(one.name):
            continue
        there = observed.present.get(one.name)
        have = there.spec.aliases if there else ()
        if add := [alias for alias in one.spec.aliases if alias not in have]:
            missing[one.key] = (one, list(have), add, there)
    if not missing:
        return found
    changes = [
        msgspec.structs.replace(
            one, by_hand=one.by_hand + _typed(tenant, one.name, missing.pop(one.key)[2])
        )
        if one.key in missing
        else one
        for one in found.changes
    ]
    for one, have, add, there in missing.values():
        after = sorted({*have, *add})
        changes.append(
            Change(
                one.municipality,
                "mailbox",
                one.name,
                Action.UPDATE,
                Drift.PENDING,
                (FieldChange("aliases", have, after),),
                one.spec,
                there.object_id if there else "",
                one.place,
                by_hand=_typed(tenant, one.name, add),
                reason=_WHY,
            )
        )
    confirmed = tuple(key for key in found.confirmed if key not in missing)
    return Differences(tuple(changes), found.findings, confirmed)


def _typed(tenant: str, address: str, add: Sequence[str]) -> tuple[str, ...]:
    edit = set_mailbox("", address, EmailAddresses=address_edit(add, ()))
    why = f"# Aliases of {address} stay undone: tenant {tenant} has exchange: off."
    return why, powershell(edit)

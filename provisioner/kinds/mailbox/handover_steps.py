"""Taking the steps of a handover in Exchange, or undoing them, and proving it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from provisioner.errors import ProviderError, TransientProviderError
from provisioner.kind import Providers
from provisioner.kinds.mailbox.departures import read_departures
from provisioner.kinds.mailbox.handover import (
    ACCESS,
    AUTO_REPLY,
    LeftBehind,
    commands,
    flat,
    is_step,
    steps_to_return,
)
from provisioner.kinds.mailbox.handover_read import Asked, read_left_behind
from provisioner.kinds.pacing import Backoff
from provisioner.model.change import Change
from provisioner.model.outcome import Check, Outcome, Proof, Status
from provisioner.model.resource import Resource
from provisioner.providers.graph.exchange_command import Command
from provisioner.providers.graph.exchange_faults import NOT_FOUND

_MAILBOX_MINUTES = 15
_SEPARATOR = "#"
# How long Exchange may answer from before a write.
_PATIENCE = 60.0
_WORDS = {
    "hidden": "hidden from address lists",
    "shared": "the mailbox is shared",
    AUTO_REPLY: "automatic reply",
}
_UNDONE = "nothing of the leaving remains in Exchange"


async def with_handover(
    outcomes: AsyncIterator[Outcome], changes: Sequence[Change], providers: Providers
) -> AsyncIterator[Outcome]:
    """The outcomes of an apply, those with steps in Exchange held until these are taken.

    So the account is switched off, and who returns has a licence, before Exchange is
    touched. What ended in doubt is read back.
    """
    stepping = {
        one.key: one for one in changes if any(is_step(f.field) for f in one.fields)
    }
    held: dict[str, Outcome] = {}
    async for outcome in outcomes:
        if outcome.status is Status.DONE and outcome.key in stepping:
            held[outcome.key] = outcome
        else:
            yield outcome
    if not held:
        return
    failed = await _take(held, stepping, providers)
    doubtful = {key: held[key] for key, error in failed.items() if _in_doubt(error)}
    proven = await _read_back(doubtful, stepping, providers)
    for key, one in held.items():
        error = None if key in proven else failed.get(key)
        yield one if error is None else _ended(one, error, providers)


async def _take(
    held: Mapping[str, Outcome], stepping: Mapping[str, Change], providers: Providers
) -> dict[str, ProviderError]:
    """Send the commands; the first error of each mailbox, by key."""
    assert providers.exchange is not None  # noqa: S101 - no steps are planned without
    failed: dict[str, ProviderError] = {}
    sent = [
        Command(f"{key}{_SEPARATOR}{one.id}", one.name, one.parameters)
        for key, outcome in held.items()
        for one in commands(stepping[key].fields, outcome.object_id)
    ]
    async for result in providers.exchange.run(sent):
        if result.error is not None:
            key = result.id.rpartition(_SEPARATOR)[0]
            failed.setdefault(key, result.error)
    return failed


def _in_doubt(error: ProviderError) -> bool:
    return isinstance(error, TransientProviderError) and error.ambiguous


async def _read_back(
    doubtful: Mapping[str, Outcome],
    stepping: Mapping[str, Change],
    providers: Providers,
) -> set[str]:
    """Keys of which all steps turn out to have been taken."""
    asked = [Asked(key, one.object_id) for key, one in doubtful.items()]
    found = await read_left_behind(asked, providers)
    return {key for key, left in found.items() if _as_planned(stepping[key], left)}


def _as_planned(change: Change, left: LeftBehind) -> bool:
    if left.reason or left.handover is None:
        return False
    seen = flat(left.handover)
    return all(
        seen.get(one.field, False) == one.after
        for one in change.fields
        if is_step(one.field)
    )


def _ended(outcome: Outcome, error: ProviderError, providers: Providers) -> Outcome:
    if error.code == NOT_FOUND:
        return msgspec.structs.replace(
            outcome,
            status=Status.WAITING,
            reason=f"waiting for a mailbox: {error}",
            transient=True,
            next_look=providers.now() + timedelta(minutes=_MAILBOX_MINUTES),
        )
    return msgspec.structs.replace(
        outcome,
        status=Status.FAILED,
        reason=f"handing the mailbox over: {error}",
        transient=isinstance(error, TransientProviderError),
    )


async def prove_handover(
    resources: Sequence[Resource[Any]],
    proofs: Sequence[Proof],
    providers: Providers,
) -> list[Proof]:
    """The proofs, with what Exchange says of those who left and who came back."""
    wanted = _wanted(resources, providers)
    if not wanted or providers.exchange is None:
        return list(proofs)
    backoff = Backoff(min(_PATIENCE, providers.mailbox_patience))
    checks: dict[str, list[Check]] = {}
    waiting = list(wanted)
    while waiting:
        asked = [Asked(key, wanted[key][0]) for key in waiting]
        for key, left in (await read_left_behind(asked, providers)).items():
            checks[key] = _checks(wanted[key][1], left)
        waiting = [key for key in waiting if not all(c.holds for c in checks[key])]
        if waiting and not await backoff.rest():
            break
    return [
        msgspec.structs.replace(one, checks=(*one.checks, *checks[one.key]))
        if one.key in checks
        else one
        for one in proofs
    ]


def _wanted(
    resources: Sequence[Resource[Any]], providers: Providers
) -> dict[str, tuple[str, dict[str, Any]]]:
    """By key the mailbox's name and the fields that it shall have."""
    away = read_departures(providers.sightings)
    found = {}
    for one in resources:
        if one.spec.handover is not None:
            found[one.key] = (one.spec.address, flat(one.spec.handover))
        departure = away[one.municipality].get(one.name)
        if one.spec.enabled and departure is not None and departure.touched:
            found[one.key] = (
                one.spec.address,
                {f.field: f.after for f in steps_to_return(departure.touched, None)},
            )
    return found


def _checks(want: Mapping[str, Any], left: LeftBehind) -> list[Check]:
    if left.reason:
        return [Check("Exchange answers", holds=False, detail=left.reason)]
    if left.handover is None:
        return []
    seen = flat(left.handover)
    wrong = [name for name, value in want.items() if seen.get(name, False) != value]
    if not any(want.values()):
        return [Check(_UNDONE, holds=not wrong, detail=", ".join(wrong))]
    return [
        Check(
            _WORDS.get(name) or f"{name.removeprefix(ACCESS)} has access",
            holds=name not in wrong,
        )
        for name in want
    ]

"""Setting people's aliases through Exchange once their mailboxes stand, and proving them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import msgspec

from provisioner.errors import ProviderError, TransientProviderError
from provisioner.kind import Providers
from provisioner.kinds.mailbox.aliases import edits
from provisioner.model.change import Change
from provisioner.model.outcome import Check, Outcome, Proof, Status
from provisioner.model.resource import Resource
from provisioner.providers.graph.exchange import ExchangeGateway
from provisioner.providers.graph.exchange_command import (
    Command,
    address_edit,
    get_mailbox,
    set_mailbox,
)
from provisioner.providers.graph.exchange_faults import NOT_FOUND
from provisioner.providers.graph.exchange_wire import decode_mailbox, secondary

_MAILBOX_MINUTES = 15
_OFF = "exchange: off, so they can only be set by hand"


async def with_aliases(
    outcomes: AsyncIterator[Outcome], changes: Sequence[Change], providers: Providers
) -> AsyncIterator[Outcome]:
    """The outcomes of an apply, those with aliases to set held until these are set."""
    editing = {one.key: edit for one in changes if (edit := _edit(one))}
    held: dict[str, Outcome] = {}
    async for outcome in outcomes:
        waits = outcome.status is Status.DONE and outcome.key in editing
        if waits and providers.exchange is not None:
            held[outcome.key] = outcome
        else:
            yield outcome
    if not held or providers.exchange is None:
        return
    commands = [_command(one, editing[key]) for key, one in held.items()]
    async for result in providers.exchange.run(commands):
        yield _ended(held[result.id], result.error, providers)


def _edit(change: Change) -> dict[str, Any] | None:
    for one in change.fields:
        if one.field == "aliases":
            add, remove = edits(one.before or (), one.after or ())
            return address_edit(add, remove) if add or remove else None
    return None


def _command(outcome: Outcome, edit: dict[str, Any]) -> Command:
    return set_mailbox(outcome.key, outcome.object_id, EmailAddresses=edit)


def _ended(
    outcome: Outcome, error: ProviderError | None, providers: Providers
) -> Outcome:
    if error is None:
        return outcome
    if error.code == NOT_FOUND:
        return msgspec.structs.replace(
            outcome,
            status=Status.WAITING,
            reason="the mailbox is not there yet",
            transient=True,
            next_look=providers.now() + timedelta(minutes=_MAILBOX_MINUTES),
        )
    return msgspec.structs.replace(
        outcome,
        status=Status.FAILED,
        reason=f"setting the aliases: {error}",
        transient=isinstance(error, TransientProviderError),
    )


async def prove_aliases(
    resources: Sequence[Resource[Any]], proofs: Sequence[Proof], providers: Providers
) -> list[Proof]:
    """The proofs, with a check of the aliases where some are wanted.

    Exchange is asked; where it is off, Graph's copy of the addresses has to do.
    """
    wanted = {
        one.key: one for one in resources if one.spec.enabled and one.spec.aliases
    }
    if not wanted:
        return list(proofs)
    if providers.exchange is None:
        checks = await _by_directory(wanted, providers)
    else:
        checks = await _by_exchange(wanted, providers.exchange)
    return [
        msgspec.structs.replace(one, checks=(*one.checks, checks[one.key]))
        if one.key in checks
        else one
        for one in proofs
    ]


async def _by_exchange(
    wanted: Mapping[str, Resource[Any]], exchange: ExchangeGateway
) -> dict[str, Check]:
    checks: dict[str, Check] = {}
    questions = (get_mailbox(key, one.name) for key, one in wanted.items())
    async for result in exchange.run(questions):
        want = wanted[result.id].spec
        domain = want.address.rpartition("@")[2]
        rows = map(decode_mailbox, result.rows)
        have = {a for row in rows for a in secondary(row.email_addresses, domain)}
        missing = [one for one in want.aliases if one not in have]
        detail = str(result.error) if result.error else ", ".join(missing)
        checks[result.id] = Check("aliases are there", not missing, detail)
    return checks


async def _by_directory(
    wanted: Mapping[str, Resource[Any]], providers: Providers
) -> dict[str, Check]:
    names = {one.spec.address: key for key, one in wanted.items()}
    have: dict[str, set[str]] = {}
    for user in (await providers.directory.users()).users.values():
        address = user.user_principal_name.lower()
        if address in names:
            domain = address.rpartition("@")[2]
            have[names[address]] = set(secondary(user.proxy_addresses, domain))
    return {
        key: Check(
            "aliases are there",
            holds=not (missing := set(one.spec.aliases) - have.get(key, set())),
            detail=f"{_OFF}: {', '.join(sorted(missing))}" if missing else "",
        )
        for key, one in wanted.items()
    }

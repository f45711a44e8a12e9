"""An apply of shared mailboxes: made, marked and blocked for sign-in, then set up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

from provisioner.errors import PermanentProviderError, ProviderError
from provisioner.kind import Providers
from provisioner.kinds.mailbox.accounts import retried
from provisioner.kinds.mailbox.job import Job, later
from provisioner.kinds.pacing import Backoff
from provisioner.kinds.shared_mailbox.commands import create_command, edit_commands
from provisioner.kinds.shared_mailbox.spec import (
    exchange_name,
    mark_of,
)
from provisioner.model.change import Action, Change
from provisioner.model.cluster import Tenant
from provisioner.model.outcome import Outcome
from provisioner.providers.graph.calls import Call, patch_user, restore_user
from provisioner.providers.graph.exchange import ExchangeGateway, Result
from provisioner.providers.graph.exchange_command import get_mailbox
from provisioner.providers.graph.exchange_faults import (
    ADDRESS_TAKEN,
    NAME_TAKEN,
    NOT_FOUND,
)
from provisioner.providers.graph.exchange_wire import decode_mailbox

_CHUNK = 100
_DOUBT_PATIENCE = 60.0
_MEMBER_MINUTES = 15.0
_TAKEN = frozenset({ADDRESS_TAKEN, NAME_TAKEN})


async def apply_shared(
    tenant: Tenant, changes: Sequence[Change], providers: Providers
) -> AsyncIterator[Outcome]:
    """Make the changes of one tenant; one outcome each, as their chunk ends."""
    for start in range(0, len(changes), _CHUNK):
        jobs = [Job.of(one) for one in changes[start : start + _CHUNK]]
        try:
            await _bring_about(jobs, tenant, providers)
        except ProviderError as error:
            for job in jobs:
                if job.open:
                    job.fail(error, "the provider gave up")
        for job in jobs:
            if job.open:
                job.done()
            yield cast("Outcome", job.outcome)


async def _bring_about(
    jobs: Sequence[Job], tenant: Tenant, providers: Providers
) -> None:
    exchange = providers.exchange
    if exchange is None:
        for job in jobs:
            job.fail_for_good("exchange is off for this tenant")
        return
    await _create([job for job in jobs if job.needs_account], exchange)
    await _restore([job for job in jobs if job.restores], providers)
    await _account([job for job in jobs if job.open], tenant, providers)
    await _set_up([job for job in jobs if job.open], exchange, providers)


async def _create(jobs: Sequence[Job], exchange: ExchangeGateway) -> None:
    """Create; one of unknown fate is looked for before it is sent again."""
    backoff = Backoff(_DOUBT_PATIENCE)
    pending = list(jobs)
    while pending:
        by_key = {job.key: job for job in pending}
        doubtful: dict[str, ProviderError] = {}
        commands = [create_command(job.change) for job in pending]
        async for result in exchange.run(commands):
            _created(by_key[result.id], result, doubtful)
        await _look([by_key[key] for key in doubtful], exchange)
        left = [by_key[k] for k in doubtful if by_key[k].open and not by_key[k].user_id]
        sure = [job for job in left if doubtful[job.key].code in _TAKEN]
        for job in sure:
            job.fail_for_good(f"{job.change.name}: {doubtful[job.key].message}")
        pending = [job for job in left if job.open]
        if pending and not await backoff.rest():
            for job in pending:
                job.fail(doubtful[job.key], "creating the shared mailbox")
            return


def _created(job: Job, result: Result, doubtful: dict[str, ProviderError]) -> None:
    if result.error is None and result.rows:
        job.user_id = decode_mailbox(result.rows[0]).external_directory_object_id
        job.fresh = True
    elif result.error is None:
        answer = PermanentProviderError("the create was answered by nothing")
        job.fail(answer, "creating the shared mailbox")
    elif result.ambiguous or result.error.code in _TAKEN:
        doubtful[job.key] = result.error
    else:
        job.fail(result.error, "creating the shared mailbox")


async def _look(jobs: Sequence[Job], exchange: ExchangeGateway) -> None:
    """Who holds the address? Ours bears the name that only we give."""
    by_key = {job.key: job for job in jobs}
    async for result in exchange.run(
        get_mailbox(k, j.change.name) for k, j in by_key.items()
    ):
        job = by_key[result.id]
        if result.error is not None:
            if result.error.code != NOT_FOUND and not result.ambiguous:
                job.fail(result.error, "looking for the shared mailbox")
            continue
        for row in map(decode_mailbox, result.rows):
            if row.name == exchange_name(job.change.municipality, job.change.name):
                job.user_id = row.external_directory_object_id
                job.fresh = True
            else:
                job.fail_for_good(
                    f"{job.change.name} is held by a mailbox that bears no mark of ours; "
                    f"look at it and run: provisioner adopt {job.key}"
                )


async def _restore(jobs: Sequence[Job], providers: Providers) -> None:
    by_key = {job.key: job for job in jobs}
    calls = (restore_user(job.key, job.user_id) for job in jobs)
    async for reply in providers.directory.batch(calls):
        if reply.error is not None:
            by_key[reply.id].fail(reply.error, "restoring the user")
        else:
            by_key[reply.id].fresh = True


async def _account(jobs: Sequence[Job], tenant: Tenant, providers: Providers) -> None:
    """Through Graph: nobody signs in as it, and it bears our mark."""
    by_key = {job.key: job for job in jobs}
    calls = [call for job in jobs if (call := _account_call(job, tenant)) is not None]
    async for job, error in retried(by_key, calls, providers):
        job.fail(error, "marking the shared mailbox")


def _account_call(job: Job, tenant: Tenant) -> Call | None:
    body: dict[str, Any] = {}
    if job.fresh or "sign_in" in job.fields:
        body["accountEnabled"] = False
    adopted = job.change.action is Action.ADOPT
    if job.change.spec is not None and (job.fresh or adopted or "marked" in job.fields):
        mark = mark_of(job.change.municipality, job.change.name)
        attribute = f"extensionAttribute{tenant.mark_attribute}"
        body["onPremisesExtensionAttributes"] = {attribute: mark}
    return patch_user(job.key, job.user_id, body) if body else None


async def _set_up(
    jobs: Sequence[Job], exchange: ExchangeGateway, providers: Providers
) -> None:
    """Names, addresses, rights and replies; a member without a mailbox waits."""
    by_key = {job.key: job for job in jobs}
    commands = [one for job in jobs for one in edit_commands(job.change, job.user_id)]
    people = {one.id: _person(one.parameters) for one in commands}
    async for result in exchange.run(commands):
        job = by_key[result.id.rpartition("#")[0]]
        if result.error is None or not job.open:
            continue
        person = people[result.id]
        if result.error.code == NOT_FOUND and person:
            job.wait(
                f"waiting for the mailbox of {person}",
                later(providers.now(), _MEMBER_MINUTES),
            )
        else:
            job.fail(result.error, "setting up the shared mailbox")


def _person(parameters: Any) -> str:
    return str(parameters.get("User") or parameters.get("Trustee") or "")

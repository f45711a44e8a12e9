"""An apply of mailboxes: users, licences, then the mailboxes as they come alive."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice
from typing import cast

from provisioner.errors import ProviderError
from provisioner.kind import Providers, Scope
from provisioner.kinds.mailbox.accounts import Accounts
from provisioner.kinds.mailbox.departures import announce, delete, sign_out
from provisioner.kinds.mailbox.job import Job, later
from provisioner.kinds.mailbox.licences import Licences
from provisioner.kinds.mailbox.settings_read import NO_MAILBOX
from provisioner.kinds.mailbox.spec import MailboxSpec, settings_body
from provisioner.kinds.pacing import Backoff
from provisioner.model.change import Change
from provisioner.model.cluster import Tenant
from provisioner.model.outcome import Outcome
from provisioner.providers.graph.calls import patch_mailbox_settings

_log = logging.getLogger(__name__)

# Small enough that a killed run loses little, large enough to fill the batches in flight.
_CHUNK = 400
_MAILBOX_MINUTES = 15.0


async def apply_mailboxes(
    scope: Scope, tenant: Tenant, changes: Sequence[Change], providers: Providers
) -> AsyncIterator[Outcome]:
    """Make the changes of one tenant; one outcome each, as it ends.

    Chunk by chunk users and licences are brought about, and while one chunk's writes wait
    for the tenant's quota, the mailboxes of earlier ones are set up; the rest are awaited
    together at the end. A look is one bulk read, however many are awaited.
    """
    accounts = Accounts(scope, tenant, providers)
    licences = Licences(providers)
    awaited: list[Job] = []
    for chunk in _chunks([Job.of(change) for change in changes]):
        announce(chunk, providers)
        await asyncio.gather(
            _bring_about(chunk, accounts, licences, providers),
            _look_early(awaited, providers),
        )
        for outcome in _ended(awaited):
            yield outcome
        awaited = [job for job in awaited if job.open]
        for job in chunk:
            if job.open and job.needs_settings:
                awaited.append(job)
            elif job.open:
                job.done()
        for outcome in _ended(chunk):
            yield outcome
    async for outcome in _settle(awaited, providers):
        yield outcome


async def _bring_about(
    chunk: Sequence[Job],
    accounts: Accounts,
    licences: Licences,
    providers: Providers,
) -> None:
    try:
        await accounts.bring_about(chunk)
        await sign_out(chunk, providers)
        await licences.bring_about(chunk)
        await delete(chunk, providers)
    except ProviderError as error:
        for job in chunk:
            if job.open:
                job.fail(error, "the provider gave up")


def _chunks(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    source = iter(jobs)
    while chunk := list(islice(source, _CHUNK)):
        yield chunk


def _ended(jobs: Sequence[Job]) -> Iterator[Outcome]:
    return (job.outcome for job in jobs if job.outcome is not None)


async def _look_early(jobs: Sequence[Job], providers: Providers) -> None:
    """Set up the mailboxes that are there already; the last look decides on the others."""
    if not jobs:
        return
    try:
        await _set_up_ready(jobs, providers)
    except ProviderError as error:
        _log.info("mailboxes will be looked at again: %s", error)


async def _settle(jobs: Sequence[Job], providers: Providers) -> AsyncIterator[Outcome]:
    """Wait for mailboxes and set them up as they appear; who does not, waits."""
    backoff = Backoff(providers.mailbox_patience, first=0.5)
    while jobs:
        try:
            await _set_up_ready(jobs, providers)
        except ProviderError as error:
            for job in jobs:
                job.fail(error, "waiting for the mailbox")
        for outcome in _ended(jobs):
            yield outcome
        jobs = [job for job in jobs if job.open]
        if jobs and not await backoff.rest():
            for job in jobs:
                job.wait(
                    "the mailbox is not there yet",
                    later(providers.now(), _MAILBOX_MINUTES),
                )


async def _set_up_ready(jobs: Sequence[Job], providers: Providers) -> None:
    ready = await providers.directory.ready({job.user_id for job in jobs})
    by_key = {job.key: job for job in jobs if job.user_id in ready}
    calls = (
        patch_mailbox_settings(
            job.key, job.user_id, settings_body(cast("MailboxSpec", job.change.spec))
        )
        for job in by_key.values()
    )
    async for reply in providers.directory.batch(calls):
        if reply.error is None:
            by_key[reply.id].done()
        elif reply.error.code not in NO_MAILBOX:
            by_key[reply.id].fail(reply.error, "setting language and working week")

"""Objects created, restored and named, so that members can be written."""

from __future__ import annotations

from collections.abc import Sequence

from provisioner.errors import ProviderError
from provisioner.kind import Providers
from provisioner.kinds.membership.job import Job
from provisioner.kinds.membership.side import Side
from provisioner.kinds.pacing import Backoff
from provisioner.model.change import Action
from provisioner.providers.graph.wire import decode_id

# How long an object that may have been made is looked for before this run lets it be.
_DOUBT_PATIENCE = 20.0
_REPLICATION_PATIENCE = 60.0


async def make(jobs: Sequence[Job], providers: Providers, side: Side) -> None:
    """Create what is missing, restore what was deleted, write names and marks."""
    await _create(
        [j for j in jobs if j.change.action is Action.CREATE], providers, side
    )
    restoring = [j for j in jobs if j.change.action is Action.RESTORE]
    await _restore(restoring, providers, side)
    await _patch([j for j in jobs if j.open and j.writes_texts], providers, side)


async def _create(jobs: Sequence[Job], providers: Providers, side: Side) -> None:
    by_key = {job.key: job for job in jobs if job.open}
    doubtful: list[tuple[Job, ProviderError]] = []
    calls = [
        side.create(
            job.key,
            job.change.spec,
            _mark(job, side),
            job.owners_in,
            job.bound(side.binds),
        )
        for job in by_key.values()
    ]
    async for reply in providers.directory.batch(calls):
        job = by_key[reply.id]
        if reply.error is None:
            job.object_id, job.fresh = decode_id(reply.body), True
            job.owners_in, job.joins = [], job.joins[len(job.bound(side.binds)) :]
        elif reply.ambiguous or reply.error.status in (400, 409):
            # In doubt, or its name is taken: perhaps by our own create of a killed run.
            doubtful.append((job, reply.error))
        else:
            job.fail(reply.error, "creating it")
    await _look(doubtful, side)


async def _look(doubtful: list[tuple[Job, ProviderError]], side: Side) -> None:
    """Find what may have been made by its mark; it is never sent a second time."""
    backoff = Backoff(_DOUBT_PATIENCE)
    while doubtful:
        marked = await side.marked()
        for job, _ in doubtful:
            if object_id := marked.get(_mark(job, side)):
                job.object_id, job.fresh, job.found_again = object_id, True, True
        doubtful = [pair for pair in doubtful if not pair[0].object_id]
        in_doubt = any(getattr(error, "ambiguous", False) for _, error in doubtful)
        if doubtful and not (in_doubt and await backoff.rest()):
            for job, error in doubtful:
                job.fail(error, "creating it")
            return


async def _restore(jobs: Sequence[Job], providers: Providers, side: Side) -> None:
    by_key = {job.key: job for job in jobs if job.open}
    calls = [side.restore(job.key, job.object_id) for job in by_key.values()]
    async for reply in providers.directory.batch(calls):
        if reply.error is None:
            by_key[reply.id].fresh = True
        else:
            by_key[reply.id].fail(reply.error, "restoring it")


async def _patch(jobs: Sequence[Job], providers: Providers, side: Side) -> None:
    by_key = {job.key: job for job in jobs}
    pending = {
        job.key: side.patch(job.key, job.object_id, job.change.spec, _mark(job, side))
        for job in jobs
    }
    backoff = Backoff(_REPLICATION_PATIENCE)
    while pending:
        unseen: dict[str, ProviderError] = {}
        async for reply in providers.directory.batch(list(pending.values())):
            if reply.error is None:
                continue
            job = by_key[reply.id]
            if reply.error.status == 404 and job.fresh:
                unseen[reply.id] = reply.error
            else:
                job.fail(reply.error, "naming it")
        pending = {key: pending[key] for key in unseen}
        if pending and not await backoff.rest():
            for key, error in unseen.items():
                by_key[key].fail(error, "naming it")
            return


def _mark(job: Job, side: Side) -> str:
    return side.mark(job.change.municipality, job.change.name)

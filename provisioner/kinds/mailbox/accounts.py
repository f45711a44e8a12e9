"""The directory's side of an apply: users created, restored, patched and adopted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import cast

from provisioner.errors import ProviderError
from provisioner.kind import Providers, Scope
from provisioner.kinds.mailbox.job import Job, later
from provisioner.kinds.mailbox.spec import (
    MailboxSpec,
    create_body,
    mark_body,
    mark_of,
    patch_body,
    read_mark,
)
from provisioner.kinds.pacing import REPLICATION_PATIENCE, Backoff
from provisioner.model.change import Action
from provisioner.model.cluster import Tenant
from provisioner.providers.graph.batch import Call
from provisioner.providers.graph.calls import (
    create_user,
    get_user,
    patch_user,
    restore_user,
)
from provisioner.providers.graph.wire import User, decode_user

# How long a create is sent again while the service answers with errors.
_DOUBT_PATIENCE = 60.0

_Doubts = list[tuple[Job, ProviderError]]


class Accounts:
    """Brings the users of a set of jobs to where licences can be given."""

    def __init__(self, scope: Scope, tenant: Tenant, providers: Providers) -> None:
        self._tenant = tenant
        self._providers = providers
        self._secret_days = scope.cluster.defaults.secret_days

    async def bring_about(self, jobs: Sequence[Job]) -> None:
        """Create, restore and patch; a job that cannot go on gets its outcome."""
        creating = [job for job in jobs if job.needs_account]
        existing = [job for job in jobs if not job.needs_account]
        await self._create(creating)
        await self._restore([job for job in existing if job.restores])
        await self._patch([job for job in existing if job.open])

    async def _create(self, jobs: Sequence[Job]) -> None:
        """Create the users; sending a doubtful create again is safe, an address is unique.

        A create that was cut or answered by an error may have been committed: look first,
        send again, and take a conflict as the sign that it had.
        """
        if not jobs:
            return
        passwords = self._providers.secrets.prepare(
            [job.key for job in jobs], self._providers.new_password
        )
        backoff = Backoff(_DOUBT_PATIENCE)
        pending = list(jobs)
        while pending:
            doubtful, taken = await self._post(pending, passwords)
            await self._read_back(taken)
            await self._look([job for job, _ in doubtful])
            doubtful = [pair for pair in doubtful if pair[0].needs_account]
            if doubtful and not await backoff.rest():
                for job, error in doubtful:
                    job.fail(error, "creating the user")
                break
            pending = [job for job, _ in doubtful if job.open]
        self._release([job for job in jobs if job.user_id])

    async def _post(
        self, jobs: Sequence[Job], passwords: dict[str, str]
    ) -> tuple[_Doubts, _Doubts]:
        """Send the creates; returns those in doubt and those whose address is taken."""
        by_key = {job.key: job for job in jobs}
        doubtful: _Doubts = []
        taken: _Doubts = []
        calls = (self._create_call(job, passwords[job.key]) for job in jobs)
        async for reply in self._providers.directory.batch(calls):
            job = by_key[reply.id]
            if reply.error is None:
                job.user_id = decode_user(reply.body).id
                job.fresh = True
            elif reply.ambiguous:
                doubtful.append((job, reply.error))
            elif reply.error.code in _TAKEN:
                taken.append((job, reply.error))
            else:
                job.fail(reply.error, "creating the user")
        return doubtful, taken

    def _create_call(self, job: Job, password: str) -> Call:
        spec = cast("MailboxSpec", job.change.spec)
        mark = mark_of(job.change.municipality, job.change.name)
        body = create_body(spec, mark, self._tenant.mark_attribute, password)
        return create_user(job.key, body)

    async def _read_back(self, taken: _Doubts) -> None:
        """Who holds the address? Ours: it was our own create, of this run or a killed one.

        The holder may not be visible on every replica yet, so this looks more than once.
        """
        backoff = Backoff(REPLICATION_PATIENCE)
        while waiting := [pair for pair in taken if _undecided(pair[0])]:
            await self._look([job for job, _ in waiting])
            waiting = [pair for pair in waiting if _undecided(pair[0])]
            if waiting and not await backoff.rest():
                for job, error in waiting:
                    job.wait(
                        f"the address is taken, but its holder cannot be seen yet: {error}",
                        later(self._providers.now(), 10),
                    )

    async def _look(self, jobs: Sequence[Job]) -> None:
        if not jobs:
            return
        by_key = {job.key: job for job in jobs}
        for key, holder in (await self._holders(jobs)).items():
            self._recognise(by_key[key], holder)

    async def _holders(self, jobs: Sequence[Job]) -> dict[str, User]:
        found = {}
        calls = (get_user(job.key, job.change.name) for job in jobs)
        async for reply in self._providers.directory.batch(calls):
            if reply.error is None:
                found[reply.id] = decode_user(reply.body)
        return found

    def _recognise(self, job: Job, holder: User) -> None:
        attributes = holder.on_premises_extension_attributes
        mark = attributes.number(self._tenant.mark_attribute) if attributes else ""
        if read_mark(mark) == (job.change.municipality, job.change.name):
            job.user_id = holder.id
            job.fresh = True
            return
        job.fail_for_good(
            f"{job.change.name} is held by a user that bears no mark of ours; "
            f"look at it and run: provisioner adopt {job.key}"
        )

    def _release(self, jobs: Sequence[Job]) -> None:
        """From now on the first password can be read, once."""
        if not jobs:
            return
        expires = self._providers.now() + timedelta(days=self._secret_days)
        ids = self._providers.secrets.release([job.key for job in jobs], expires)
        for job in jobs:
            job.secret_id = ids.get(job.key, "")

    async def _restore(self, jobs: Sequence[Job]) -> None:
        by_key = {job.key: job for job in jobs}
        calls = (restore_user(job.key, job.user_id) for job in jobs)
        async for reply in self._providers.directory.batch(calls):
            if reply.error is not None:
                by_key[reply.id].fail(reply.error, "restoring the user")
            else:
                by_key[reply.id].fresh = True
        await self._see_licences([job for job in jobs if job.open])

    async def _see_licences(self, restored: Sequence[Job]) -> None:
        """A restored user comes back with its licences where seats were free."""
        by_key = {job.key: job for job in restored}
        calls = (get_user(job.key, job.user_id) for job in restored)
        async for reply in self._providers.directory.batch(calls):
            if reply.error is None:
                held = decode_user(reply.body).assigned_licenses
                by_key[reply.id].held = frozenset(one.sku_id for one in held)

    async def _patch(self, jobs: Sequence[Job]) -> None:
        by_key = {job.key: job for job in jobs}
        calls = [call for job in jobs if (call := self._patch_call(job)) is not None]
        async for job, error in retried(by_key, calls, self._providers):
            job.fail(error, "updating the user")

    def _patch_call(self, job: Job) -> Call | None:
        if job.deletes:
            return None
        body = patch_body(cast("MailboxSpec", job.change.spec), job.directory_fields)
        if job.change.action is Action.ADOPT or "address" in job.fields:
            mark = mark_of(job.change.municipality, job.change.name)
            attributes = mark_body(mark, self._tenant.mark_attribute)
            body["onPremisesExtensionAttributes"] = attributes
        return patch_user(job.key, job.user_id, body) if body else None


def _undecided(job: Job) -> bool:
    return job.open and job.needs_account


# Codes by which the service says that an address is in use.
_TAKEN = frozenset(
    {
        "ObjectConflict",
        "Request_MultipleObjectsWithSameKeyValue",
        "ProxyAddressConflict",
    }
)


async def retried(
    by_key: dict[str, Job], calls: Sequence[Call], providers: Providers
) -> AsyncIterator[tuple[Job, ProviderError]]:
    """Send `calls`; yields those that failed for good.

    A user that this run made or restored may be unknown (404) to some replicas for a
    while: such calls are sent again until patience ends.
    """
    backoff = Backoff(REPLICATION_PATIENCE)
    pending = {call.id: call for call in calls}
    while pending:
        unseen: dict[str, tuple[Call, ProviderError]] = {}
        async for reply in providers.directory.batch(list(pending.values())):
            if reply.error is None:
                continue
            job = by_key[reply.id]
            if reply.error.status == 404 and job.fresh:
                unseen[reply.id] = (pending[reply.id], reply.error)
            else:
                yield job, reply.error
        if unseen and not await backoff.rest():
            for key, (_, error) in unseen.items():
                yield by_key[key], error
            return
        pending = {key: call for key, (call, _) in unseen.items()}

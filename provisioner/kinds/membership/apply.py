"""An apply of objects with members: found or made, named, and filled in batches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import islice

from provisioner.errors import ProviderError
from provisioner.kind import Providers
from provisioner.kinds.membership.filling import Filling
from provisioner.kinds.membership.job import Job
from provisioner.kinds.membership.making import make
from provisioner.kinds.membership.people import People
from provisioner.kinds.membership.roster import joining, leaving
from provisioner.kinds.membership.side import Side
from provisioner.model.change import Action, Change
from provisioner.model.outcome import Outcome

# A killed run forgets at most the outcomes of one slice; the marks tell the next run.
_SLICE = 20


async def apply_memberships(
    changes: Sequence[Change], providers: Providers, side: Side, *, invite: bool = False
) -> AsyncIterator[Outcome]:
    """Make the changes of one tenant, slice by slice; one outcome each."""
    for slice_ in _slices([Job.of(change) for change in changes]):
        try:
            await _bring_about(slice_, providers, side, invite=invite)
        except ProviderError as error:
            for job in slice_:
                if job.open:
                    job.fail(error, "the provider gave up")
        for job in slice_:
            yield job.outcome(providers.now())


def _slices(jobs: Sequence[Job]) -> Iterator[list[Job]]:
    source = iter(jobs)
    while slice_ := list(islice(source, _SLICE)):
        yield slice_


async def _bring_about(
    jobs: Sequence[Job], providers: Providers, side: Side, *, invite: bool
) -> None:
    guests = {guest for job in jobs for guest in getattr(job.change.spec, "guests", ())}
    people = People(providers.directory, guests)
    await people.find({one for job in jobs for one in job.wanted}, invite=invite)
    for job in jobs:
        _name(job, people)
    await make(jobs, providers, side)
    await _compare_restored([job for job in jobs if job.open], people, side)
    await Filling(providers, side, people.fresh).fill([job for job in jobs if job.open])


def _name(job: Job, people: People) -> None:
    """From the addresses of the plan to user ids; who has none waits."""
    for address in joining(job.change):
        if user_id := people.member_id(address):
            job.joins.append(user_id)
        elif people.id_of(address):
            job.strangers.append(address)
        elif address in people.refused:
            job.refusal = f"inviting {address}: {people.refused[address]}"
        else:
            job.absent.append(address)
    # Who has no user any more left every group with it.
    job.leaves = [one for a in leaving(job.change) if (one := people.id_of(a))]
    job.newcomers = not people.fresh.isdisjoint(job.joins)
    coming, going = job.owner_addresses()
    job.owners_in = [one for a in sorted(coming) if (one := people.id_of(a))]
    job.owners_out = [one for a in sorted(going) if (one := people.id_of(a))]
    job.absent += [a for a in sorted(coming) if not people.id_of(a)]


async def _compare_restored(jobs: Sequence[Job], people: People, side: Side) -> None:
    """What was restored, or found again, has members already: compare with those."""
    found = {
        job.object_id: job
        for job in jobs
        if job.change.action is Action.RESTORE or job.found_again
    }
    rosters = await side.members(found) if found else {}
    for object_id, roster in rosters.items():
        job = found[object_id]
        if isinstance(roster, ProviderError):
            job.fail(roster, "reading the members")
        else:
            wanted = set(job.joins)
            job.joins = sorted(wanted - roster)
            job.leaves = sorted((roster & people.known) - wanted)

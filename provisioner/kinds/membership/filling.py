"""Members and owners put in and taken out, many to a request."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from provisioner.errors import PermanentProviderError, ProviderError
from provisioner.kind import Providers
from provisioner.kinds.membership.job import Job
from provisioner.kinds.membership.side import Side
from provisioner.kinds.pacing import Backoff
from provisioner.providers.graph.calls import Call

# How long a fresh user or group may stay invisible to some replicas.
_REPLICATION_PATIENCE = 60.0


@dataclass(frozen=True)
class _Step:
    """A call, for whom it is, and the members it adds (none: it does something else)."""

    call: Call
    job: Job
    adds: tuple[str, ...] = ()
    removes: bool = False
    owner: bool = False


_Refused = list[tuple[_Step, ProviderError]]


class Filling:
    """Writes the rosters of a set of jobs; `fresh` are user ids made a moment ago."""

    def __init__(self, providers: Providers, side: Side, fresh: Set[str]) -> None:
        self._providers = providers
        self._side = side
        self._fresh = fresh

    async def fill(self, jobs: Sequence[Job]) -> None:
        """Every failure ends in its job; the others go on."""
        backoff = Backoff(_REPLICATION_PATIENCE)
        steps = [step for job in jobs for step in self._steps(job)]
        refused: _Refused = []
        while steps:
            unseen, several, failed = await self._send(steps)
            refused += failed
            steps = [one for step in several for one in self._singly(step)]
            if unseen and await backoff.rest():
                steps += [step for step, _ in unseen]
            else:
                refused += unseen
        await self._settle(refused)

    def _steps(self, job: Job) -> list[_Step]:
        side, key, where = self._side, job.key, job.object_id
        out = side.remove(key, where, job.leaves)
        added = side.add_owners(key, where, job.owners_in)
        taken = side.remove_owners(key, where, job.owners_out)
        return [
            *(_Step(c.call, job, c.ids) for c in side.add(key, where, job.joins)),
            *(_Step(call, job, removes=True) for call in out),
            *(_Step(call, job, owner=True) for call in added),
            *(_Step(call, job, removes=True, owner=True) for call in taken),
        ]

    def _singly(self, step: _Step) -> list[_Step]:
        chunks = self._side.add_singly(step.job.key, step.job.object_id, step.adds)
        return [_Step(one.call, step.job, one.ids) for one in chunks]

    async def _send(
        self, steps: Sequence[_Step]
    ) -> tuple[_Refused, list[_Step], _Refused]:
        """Send; returns what is not seen yet, what goes again singly, and what failed."""
        by_id = {step.call.id: step for step in steps}
        unseen: _Refused = []
        several: list[_Step] = []
        failed: _Refused = []
        async for reply in self._providers.directory.batch([s.call for s in steps]):
            if reply.error is None:
                continue
            step = by_id[reply.id]
            if step.removes and reply.error.status == 404:
                continue  # is out already
            if reply.error.status == 404 and self._may_be_unseen(step):
                unseen.append((step, reply.error))
            elif len(step.adds) > 1 and isinstance(reply.error, PermanentProviderError):
                # One of the twenty is in already, or gone: the others must not suffer.
                several.append(step)
            else:
                failed.append((step, reply.error))
        return unseen, several, failed

    def _may_be_unseen(self, step: _Step) -> bool:
        return step.job.fresh or not self._fresh.isdisjoint(step.adds)

    async def _settle(self, refused: _Refused) -> None:
        """A member whose adding was refused may be in already; the roster tells."""
        asked = {s.job.object_id for s, _ in refused if s.adds and s.job.open}
        rosters = await self._side.members(asked) if asked else {}
        for step, error in refused:
            roster = rosters.get(step.job.object_id)
            if isinstance(roster, frozenset) and roster.issuperset(step.adds):
                continue
            if step.owner and not step.removes and error.status == 400:
                continue  # is an owner already; the proof looks
            step.job.fail(error, "changing the members")

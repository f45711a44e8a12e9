"""Step 5: make the changes, kind by kind in order of creation, realms side by side."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence

from provisioner.engine.observe import Opened
from provisioner.engine.record import Recorder
from provisioner.errors import ProviderError
from provisioner.kind import HostProviders, Kind, Providers, Realm, Scope
from provisioner.model.change import Change, Drift
from provisioner.model.outcome import Outcome, Status
from provisioner.model.plan import Plan

_log = logging.getLogger(__name__)


async def apply(
    scope: Scope,
    kinds: Sequence[Kind],
    plans: Mapping[str, Plan],
    providers: Opened,
    recorder: Recorder,
) -> None:
    """Make the applicable changes of the plans; every change ends as one outcome."""
    await _Applier(scope, plans, providers, recorder).run(kinds)


class _Applier:
    """Applies the plans of a scope; one municipality's failure leaves the others alone."""

    def __init__(
        self,
        scope: Scope,
        plans: Mapping[str, Plan],
        providers: Opened,
        recorder: Recorder,
    ) -> None:
        self._scope = scope
        self._plans = plans
        self._providers = providers
        self._recorder = recorder
        self._unready: dict[tuple[str, str], tuple[Status, str]] = {}

    async def run(self, kinds: Sequence[Kind]) -> None:
        for plan in self._plans.values():
            self._note_unknown(plan)
        by_realm: dict[str, list[Kind]] = {}
        for kind in kinds:
            by_realm.setdefault(kind.realm, []).append(kind)
        # What is in a tenant waits for nothing on a host, nor the other way round. Where
        # one side breaks off, the other stops by itself after what it has in hand.
        ended = await asyncio.gather(
            *(self._in_order(some) for some in by_realm.values()),
            return_exceptions=True,
        )
        for error in filter(None, ended):
            raise error

    async def _in_order(self, kinds: Sequence[Kind]) -> None:
        for kind in kinds:
            changes = sum(len(self._of(kind, slug)) for slug in self._plans)
            if changes:
                self._recorder.phase(kind.name, changes)
            realms = self._scope.realms(kind)
            await asyncio.gather(*(self._in_realm(kind, one) for one in realms))

    def _of(self, kind: Kind, slug: str) -> list[Change]:
        return [
            c for c in self._plans[slug].changes if c.kind == kind.name and c.writes
        ]

    def _note_unknown(self, plan: Plan) -> None:
        for finding in plan.findings:
            if finding.drift is Drift.UNKNOWN:
                reason = f"{finding.kind} could not be read: {finding.reason}"
                self._unready[plan.municipality, finding.kind] = (
                    Status.SKIPPED,
                    reason,
                )

    async def _in_realm(self, kind: Kind, realm: Realm) -> None:
        changes: list[Change] = []
        for owner in self._scope.of(kind).within(realm):
            changes += self._ready(kind, owner.slug)
        self._recorder.require_lease()
        providers = self._providers[realm.name] if changes else None
        if isinstance(providers, Providers | HostProviders):
            await self._apply(kind, realm, changes, providers)

    def _ready(self, kind: Kind, slug: str) -> list[Change]:
        """The changes that may be made; the others get their outcome here."""
        plan = self._plans[slug]
        applicable = {one.key for one in plan.applicable}
        blocked = next(
            (
                self._unready[slug, need]
                for need in kind.needs
                if (slug, need) in self._unready
            ),
            None,
        )
        ready = []
        for change in self._of(kind, slug):
            if change.key not in applicable:
                self._take(_refused(plan, change))
            elif blocked is not None:
                self._take(outcome_of(change, *blocked))
            else:
                ready.append(change)
        return ready

    async def _apply(
        self,
        kind: Kind,
        realm: Realm,
        changes: list[Change],
        providers: Providers | HostProviders,
    ) -> None:
        left = {one.key: one for one in changes}
        try:
            shown = self._scope.of(kind)
            async for outcome in kind.apply(shown, realm, changes, providers):
                left.pop(outcome.key, None)
                self._take(outcome)
        except ProviderError as error:
            _log.exception("apply of %s in %r broke off", kind.name, realm.name)
            for change in left.values():
                self._take(outcome_of(change, Status.FAILED, f"broke off: {error}"))

    def _take(self, outcome: Outcome) -> None:
        if outcome.status is not Status.DONE:
            status = (
                Status.WAITING if outcome.status is Status.WAITING else Status.SKIPPED
            )
            reason = f"waits for {outcome.kind} {outcome.name}: {outcome.reason}"
            self._unready.setdefault(
                (outcome.municipality, outcome.kind), (status, reason)
            )
        self._recorder.take(outcome)


def outcome_of(change: Change, status: Status, reason: str) -> Outcome:
    """An outcome for a change that was not tried."""
    return Outcome(
        change.municipality,
        change.kind,
        change.name,
        change.action,
        status,
        reason,
        transient=status is Status.WAITING,
        object_id=change.object_id,
    )


def _refused(plan: Plan, change: Change) -> Outcome:
    """The word of the guard that holds the change, or the whole municipality, back."""
    mine: Iterator[tuple[bool, str]] = (
        (one.waits, one.message) for one in plan.refusals if one.key in (change.key, "")
    )
    waits, message = next(mine)
    return outcome_of(change, Status.WAITING if waits else Status.REFUSED, message)

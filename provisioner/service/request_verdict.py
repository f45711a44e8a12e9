"""What a run that has ended says of a request: ready, waiting or failed, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from provisioner.model.outcome import Outcome, Proof, Status
from provisioner.model.plan import Plan
from provisioner.model.request import Act, Request, WaitsFor
from provisioner.model.resource import key_of
from provisioner.model.run import Run, RunStatus
from provisioner.store import Store

_AGAIN = "The next run tries again."
_PERSON = "A person must act: see the reason."


@dataclass(frozen=True)
class Verdict:
    """The step that a request takes."""

    act: Act
    reason: str = ""
    waits_for: WaitsFor = WaitsFor.NOTHING
    next_look: datetime | None = None


@dataclass(frozen=True)
class Evidence:
    """What one run left: its outcomes and proofs by resource key, and its plans."""

    run: Run
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    proofs: dict[str, Proof] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    asks: bool = False
    """Whether the run has asked for a second person."""

    @classmethod
    def of(cls, store: Store, run: Run) -> Evidence:
        """Read it from the store."""
        return cls(
            run,
            {one.key: one for one in store.outcomes.of_run(run.id)},
            {one.key: one for one in store.outcomes.proofs_of_run(run.id)},
            {one.municipality: one.plan for one in store.plans.of_run(run.id)},
            store.approvals.get(run.id) is not None,
        )


def verdict_of(
    request: Request, resources: Iterable[tuple[str, str]], evidence: Evidence
) -> Verdict | None:
    """The step for a request of these (kind, name); None where the run says nothing.

    The worst of its resources decides: a list of people is ready when all of them are.
    """
    found = [_of_one(request, kind, name, evidence) for kind, name in resources]
    told = [one for one in found if one is not None]
    for act in (Act.FAIL, Act.WAIT):
        some = [one for one in told if one.act is act]
        if some:
            more = f" (and {len(some) - 1} more)" if len(some) > 1 else ""
            first = some[0]
            return Verdict(act, first.reason + more, first.waits_for, first.next_look)
    return Verdict(Act.READY) if told and len(told) == len(found) else None


def _of_one(
    request: Request, kind: str, name: str, evidence: Evidence
) -> Verdict | None:
    key = key_of(request.municipality, kind, name)
    outcome = evidence.outcomes.get(key)
    if outcome is None:
        return _without_change(request, kind, key, evidence)
    if outcome.status is Status.DONE:
        return _by_proof(name, evidence.proofs.get(key))
    if outcome.status is Status.WAITING:
        waits = _waits_for(outcome)
        return Verdict(Act.WAIT, f"{name}: {outcome.reason}", waits, outcome.next_look)
    if outcome.status is Status.REFUSED and evidence.asks:
        reason = f"{name}: {outcome.reason}"
        return Verdict(Act.WAIT, reason, WaitsFor.SECOND_PERSON)
    again = outcome.transient or outcome.status is Status.SKIPPED
    told = outcome.reason.rstrip(". ")
    reason = f"{name}: {told}. {_AGAIN if again else _PERSON}"
    return Verdict(Act.FAIL, reason)


def _by_proof(name: str, proof: Proof | None) -> Verdict:
    if proof is not None and proof.proven:
        return Verdict(Act.READY)
    missing = [one.name for one in proof.checks if not one.holds] if proof else []
    reason = f"{name}: not proven yet ({', '.join(missing) or 'not looked at'})."
    return Verdict(Act.WAIT, reason, WaitsFor.TIME)


def _waits_for(outcome: Outcome) -> WaitsFor:
    if "seat" in outcome.reason:
        return WaitsFor.SEAT
    if "domain" in outcome.reason or "DNS" in outcome.reason:
        return WaitsFor.DOMAIN
    return WaitsFor.TIME


def _without_change(
    request: Request, kind: str, key: str, evidence: Evidence
) -> Verdict | None:
    """A run that changed nothing there: it was as desired already, or could not be read."""
    run, plan = evidence.run, evidence.plans.get(request.municipality)
    only = (run.asked or {}).get("only")
    if only and key not in only:
        return None
    if plan is None or (run.kinds and kind not in run.kinds):
        return _broken_off(run)
    for refusal in plan.refusals:
        if refusal.key in ("", key):
            waits_for = WaitsFor.SECOND_PERSON if evidence.asks else WaitsFor.TIME
            waits = WaitsFor.SEAT if refusal.guard == "seats" else waits_for
            held = f"{refusal.message} {refusal.remedy}".strip()
            if refusal.waits or evidence.asks:
                return Verdict(Act.WAIT, held, waits)
            return Verdict(Act.FAIL, f"{held} {_PERSON}")
    for change in plan.changes:
        if change.key == key:
            told = "; ".join(change.by_hand) or "the run did not come to it."
            idle = Verdict(Act.WAIT, f"{change.name}: {told}", WaitsFor.TIME)
            return _broken_off(run) or idle
    for one in plan.findings:
        if one.key in (key, key_of(request.municipality, kind, "*")):
            told = f"{one.name or kind}: {one.reason or one.drift}"
            return Verdict(Act.WAIT, told, WaitsFor.TIME)
    # Where the run did not look (a host of another zone), nothing there is in sync.
    return Verdict(Act.READY) if plan.in_sync.get(kind) else None


_WHOLE = (RunStatus.SUCCEEDED, RunStatus.WAITING)


def _broken_off(run: Run) -> Verdict | None:
    if run.status in _WHOLE:
        return None
    reason = run.summary.get("reason", "") if run.summary else ""
    told = f"Run {run.id} ended {run.status}: {reason or 'no reason given'}."
    return Verdict(Act.FAIL, f"{told} {_AGAIN}")

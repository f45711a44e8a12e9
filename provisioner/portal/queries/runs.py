"""Runs, their logs, and the plans that wait for a second person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from provisioner.model.approval import Approval
from provisioner.model.cluster import Cluster
from provisioner.model.municipality import Municipality, Names
from provisioner.model.outcome import Outcome, Proof
from provisioner.model.plan import Refusal
from provisioner.model.report import MunicipalityReport
from provisioner.model.run import Run, RunEvent
from provisioner.portal.viewer import Viewer
from provisioner.renderers.held import HeldGroup, held_groups
from provisioner.renderers.items import Item, Parts
from provisioner.service.parts import under_way
from provisioner.service.reasons import reasons
from provisioner.store import Store
from provisioner.store.plans import SavedPlan

PAGE = 50
_ITEMS = 200
_EXAMPLES = 20


class RunList(Struct, frozen=True):
    """Runs, newest first; `after` is the id to go on from, "" at the end."""

    runs: tuple[Run, ...]
    after: str


def newest(
    store: Store, mode: str, status: str, before: str, limit: int = PAGE
) -> RunList:
    """A page of runs of a mode and status ("" is any)."""
    store.runs.reap()
    found = store.standing.newest_runs(
        mode=mode, status=status, before=before, limit=limit + 1
    )
    more = len(found) > limit
    return RunList(tuple(found[:limit]), found[limit - 1].id if more else "")


class RunStory(Struct, frozen=True):
    """One run with all that is known of it; `reasons` are why it stands as it does.

    `stoppable`: whether it, or a part of it in another zone, goes on and was not asked to
    stop.
    """

    run: Run
    events: tuple[RunEvent, ...]
    outcomes: tuple[Outcome, ...]
    unproven: tuple[Proof, ...]
    reasons: tuple[str, ...]
    approval: Approval | None
    plans: tuple[MunicipalityPlan, ...]
    stoppable: bool


class MunicipalityPlan(Struct, frozen=True):
    """What a run planned for one municipality, ready to be shown."""

    owner: Municipality | None
    slug: str
    checksum: str
    items: tuple[Item, ...]
    more: int
    held: tuple[HeldGroup, ...]
    seats: dict[str, int]
    writes: int


def story(store: Store, cluster: Cluster, run_id: str) -> RunStory | None:
    """A run by its id, or None."""
    run = store.runs.get(run_id)
    if run is None:
        return None
    going_on = under_way(store, run)
    if not run.status.is_final:
        going_on.append(run)
    return RunStory(
        run,
        tuple(store.runs.events(run_id)),
        tuple(store.outcomes.of_run(run_id)),
        tuple(one for one in store.outcomes.proofs_of_run(run_id) if not one.proven),
        tuple(reasons(store, run, cluster)),
        store.approvals.get(run_id),
        planned(store, cluster, run_id),
        any(not one.cancelled_by for one in going_on),
    )


def planned(
    store: Store, cluster: Cluster, run_id: str
) -> tuple[MunicipalityPlan, ...]:
    """What a run planned, by municipality."""
    owners = {one.slug: one for one in (*cluster.municipalities, *cluster.itself)}
    return tuple(
        _shown(saved, owners.get(saved.municipality))
        for saved in store.plans.of_run(run_id)
    )


def _shown(saved: SavedPlan, owner: Municipality | None) -> MunicipalityPlan:
    slug = saved.municipality
    names = owner.names if owner else Names(slug, slug, slug)
    report = MunicipalityReport(slug, names, "", saved.plan, saved.checksum)
    parts = Parts(report)
    items = tuple(parts.first(_ITEMS))
    return MunicipalityPlan(
        owner,
        slug,
        saved.checksum,
        items,
        len(parts.told) - len(items),
        tuple(held_groups(saved.plan.refusals, _EXAMPLES)),
        saved.plan.seats,
        saved.plan.writes,
    )


class WaitingPlan(Struct, frozen=True):
    """A plan that waits for a second person, and whether the viewer can be that one."""

    approval: Approval
    own: bool
    refusals: tuple[Refusal, ...] = ()


def waiting_plans(store: Store, viewer: Viewer) -> list[WaitingPlan]:
    """What waits for a second person, oldest first."""
    return [
        WaitingPlan(one, is_own(one, viewer), tuple(_refusals(store, one)))
        for one in store.approvals.open()
    ]


def _refusals(store: Store, approval: Approval) -> Iterable[Refusal]:
    for saved in store.plans.of_run(approval.run_id):
        yield from (r for r in saved.plan.refusals if r.guard in approval.guards)


def is_own(approval: Approval, viewer: Viewer) -> bool:
    """Whether the viewer asked for it: then somebody else must approve."""
    return approval.requested_by.casefold() == viewer.address.casefold()


def took(run: Run, now: datetime) -> float:
    """Seconds that a run took, or has taken so far."""
    return ((run.finished or now) - run.started).total_seconds()

"""Seats: what is there, who waits, and when they run out; reads, plans, writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisioner.engine.desired import Desired, desire
from provisioner.engine.guard import guard
from provisioner.engine.observe import World, observe
from provisioner.engine.plan import draft_plans
from provisioner.engine.report import make_report
from provisioner.engine.run import Collaborators, CurrentRun
from provisioner.engine.scope import Order, kinds_of, scope_of
from provisioner.kind import LastApplied, Scope
from provisioner.model.change import Action
from provisioner.model.cluster import Tenant
from provisioner.model.forecast import (
    WINDOW,
    MunicipalitySeats,
    SeatForecast,
    SeatUse,
    Take,
    TenantForecast,
    rate_of,
)
from provisioner.model.municipality import Municipality
from provisioner.model.plan import Plan

KIND = "mailbox"
_TAKING = (Action.CREATE, Action.RESTORE)


@dataclass(frozen=True)
class _Seen:
    """Everything the forecast is made of."""

    scope: Scope
    desired: Desired
    world: World
    plans: Mapping[str, Plan]
    takes: Sequence[Take]
    known_since: Mapping[str, datetime]
    now: datetime


def forecast_seats(order: Order, given: Collaborators) -> SeatForecast:
    """Look at the tenants as a plan does, and count seats; the look is kept as a run.

    Raises like `reconcile`; what could not be read is unknown in the forecast.
    """
    cluster = given.load()
    scope = scope_of(order, cluster, given.now(), hosts=False)
    kinds = kinds_of(order, hosts=False)
    desired = desire(scope, kinds)
    with CurrentRun(order, scope, kinds, given, desired) as run:
        world = run.wait(observe(scope, kinds, desired, run.providers))
        drafts = draft_plans(scope, kinds, desired, world, run.last_applied)
        plans = guard(scope, drafts, world)
        takes = _takes(given, run.last_applied, run.started)
        known = given.store.last_applied.known_since()
        run.end(make_report(run.facts(), plans, world))
    seen = _Seen(scope, desired, world, plans, takes, known, run.started)
    tenants = [one for one in cluster.tenants if scope.in_tenant(one)]
    return SeatForecast(run.started, tuple(_tenant(seen, one) for one in tenants))


def _takes(
    given: Collaborators, last_applied: Mapping[str, LastApplied], now: datetime
) -> list[Take]:
    """The seats taken by mailboxes that we made in the last months.

    Which licence a mailbox took is what was last applied to it.
    """
    done = given.store.outcomes.done_since(KIND, _TAKING, now - WINDOW)
    return [
        Take(one.municipality, license, at)
        for at, one in done
        if one.municipality in last_applied
        for license in (last_applied[one.municipality].get(one.key) or {}).get(
            "licenses", ()
        )
    ]


def _tenant(seen: _Seen, tenant: Tenant) -> TenantForecast:
    members = seen.scope.in_tenant(tenant)
    counted = {one.license: one for one in seen.world.seats.get(tenant.name, ())}
    municipalities = tuple(_municipality(seen, one) for one in members)
    uses: dict[str, list[SeatUse]] = {}
    for one in municipalities:
        for use in one.licenses:
            uses.setdefault(use.license, []).append(use)
    licenses = []
    for name, some in sorted(uses.items()):
        free = counted[name].free if name in counted else None
        if counted and name not in counted:
            free = 0  # the tenant was read, and has no such subscription
        licenses.append(_together(seen, name, some, free, [m.slug for m in members]))
    bought = {name: one.enabled for name, one in sorted(counted.items())}
    return TenantForecast(tenant.name, bought, tuple(licenses), municipalities)


def _together(
    seen: _Seen, name: str, uses: Sequence[SeatUse], free: int | None, slugs: list[str]
) -> SeatUse:
    known = [one.assigned for one in uses if one.assigned is not None]
    rate = rate_of(*_history(seen, name, slugs), seen.now)
    return SeatUse(
        name,
        sum(one.budget for one in uses),
        sum(one.wanted for one in uses),
        sum(known) if len(known) == len(uses) else None,
        free,
        tuple(who for one in uses for who in one.waiting),
        tuple(who for one in uses for who in one.leavers),
        rate,
        rate.runs_out(free, seen.now.date()),
    )


def _municipality(seen: _Seen, one: Municipality) -> MunicipalitySeats:
    observed = seen.world.of(KIND, one.slug)
    unknown = observed.unknown_reason("")
    held: dict[str, list[str]] = {}
    for found in observed.present.values():
        for license in found.spec.licenses:
            held.setdefault(license, []).append(found.name)
    wanted: dict[str, int] = {}
    for resource in seen.desired[KIND][one.slug]:
        for license in resource.spec.licenses if resource.spec.enabled else ():
            wanted[license] = wanted.get(license, 0) + 1
    waiting = _waiting(seen.plans[one.slug])
    stay = {r.name for r in seen.desired[KIND][one.slug] if r.spec.enabled}
    ours = {name for name, found in observed.present.items() if found.mark}
    names = sorted({*one.seats, *wanted, *held})
    uses = tuple(
        _use(
            seen,
            one,
            name,
            wanted.get(name, 0),
            None if unknown else len(held.get(name, ())),
            waiting.get(name, ()),
            sorted(who for who in held.get(name, ()) if who in ours - stay),
        )
        for name in names
    )
    return MunicipalitySeats(one.slug, one.names, uses, unknown)


def _use(
    seen: _Seen,
    one: Municipality,
    name: str,
    wanted: int,
    assigned: int | None,
    waiting: Iterable[str],
    leavers: Iterable[str],
) -> SeatUse:
    budget = one.seats.get(name, 0)
    free = None if assigned is None else max(0, budget - assigned)
    rate = rate_of(*_history(seen, name, [one.slug]), seen.now)
    return SeatUse(
        name,
        budget,
        wanted,
        assigned,
        free,
        tuple(waiting),
        tuple(leavers),
        rate,
        rate.runs_out(free, seen.now.date()),
    )


def _waiting(plan: Plan) -> dict[str, list[str]]:
    """Names by licence of those whom the guard lets wait for a seat."""
    held = {one.key for one in plan.refusals if one.guard == "seats"}
    waiting: dict[str, list[str]] = {}
    for change in plan.changes:
        for name, number in change.seats.items() if change.key in held else ():
            if number > 0:
                waiting.setdefault(name, []).append(change.name)
    return waiting


def _history(seen: _Seen, license: str, slugs: Sequence[str]) -> tuple[Any, Any]:
    """The takes of one licence, and since when each of the municipalities is known."""
    chosen = set(slugs)
    takes = [
        one
        for one in seen.takes
        if one.license == license and one.municipality in chosen
    ]
    return takes, {s: at for s, at in seen.known_since.items() if s in chosen}

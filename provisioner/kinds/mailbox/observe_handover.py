"""Whose mailbox has to be looked at because they left or come back, and who is back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from provisioner.kind import Providers, Scope
from provisioner.kinds.mailbox.departures import Departures, forget_returned, is_back
from provisioner.kinds.mailbox.handover import (
    LeftBehind,
    steps_to_return,
    touched_steps,
)
from provisioner.kinds.mailbox.handover_read import Asked, read_left_behind
from provisioner.kinds.mailbox.leavers import Leaving
from provisioner.model.cluster import Tenant
from provisioner.model.resource import Departure, Observed, Resource, key_of

Desired = Mapping[str, Sequence[Resource[Any]]]
Present = Mapping[str, Mapping[str, Observed[Any]]]


async def observe_left_behind(
    scope: Scope,
    tenant: Tenant,
    desired: Desired,
    present: Present,
    away: Departures,
    providers: Providers,
) -> dict[str, dict[str, LeftBehind]]:
    """What leavers left behind, by municipality and name.

    Whoever is back and has nothing left to undo is forgotten, here and in `away`.
    """
    wanted = {
        slug: {one.name for one in resources if one.spec.enabled}
        for slug, resources in desired.items()
    }
    asked = [
        one
        for home in scope.in_tenant(tenant)
        for one in _asked(
            scope,
            home.slug,
            wanted.get(home.slug, set()),
            present.get(home.slug, {}),
            away.get(home.slug, {}),
            exchange=providers.exchange is not None,
        )
    ]
    found: dict[str, dict[str, LeftBehind]] = defaultdict(dict)
    for key, one in (await read_left_behind(asked, providers)).items():
        slug, _, name = key.split("/", 2)
        found[slug][name] = one
    back = []
    for home in scope.in_tenant(tenant):
        slug, here = home.slug, present.get(home.slug, {})
        for name, departure in list(away.get(slug, {}).items()):
            if not is_back(name, wanted.get(slug, ()), here):
                continue
            policy = scope.cluster.leavers
            steps = touched_steps(departure, policy, home, here[name].spec)
            if providers.exchange is None:
                steps = departure.touched or ()
            if _settled(steps, found[slug].get(name)):
                del away[slug][name]
                back.append(key_of(slug, "mailbox", name))
    forget_returned(back, providers.sightings)
    return found


def _asked(
    scope: Scope,
    slug: str,
    wanted: Collection[str],
    here: Mapping[str, Observed[Any]],
    away: Mapping[str, Departure],
    *,
    exchange: bool,
) -> Iterator[Asked]:
    policy = scope.cluster.leavers
    if not policy.in_exchange and not any(one.touched for one in away.values()):
        return
    for name, one in here.items():
        departure = away.get(name)
        if not one.mark or (name in wanted and (departure is None or not exchange)):
            continue
        if name not in wanted and not exchange and not one.spec.licenses:
            continue
        leaving = Leaving(policy, one.spec, departure, scope.now)
        due = name not in wanted and policy.convert_to_shared and leaving.seat_due
        yield Asked(key_of(slug, "mailbox", name), one.object_id, due)


def _settled(steps: Collection[str], left: LeftBehind | None) -> bool:
    """Whether nothing of ours is in force any more; what was not read may be."""
    if not steps:
        return True
    if left is None or left.reason or left.handover is None:
        return False
    return not steps_to_return(steps, left.handover)

"""Guard `seats`: licences are counted over the whole run, tenant by tenant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from provisioner.engine.guards.view import View
from provisioner.model.change import Change
from provisioner.model.cluster import Tenant
from provisioner.model.plan import Refusal
from provisioner.model.resource import Seats


def seats(view: View) -> Iterator[Refusal]:
    """Let those wait for whom there is no seat, in the order of the inventory.

    Seats freed in the same run are not counted: they are free only when it has ended.
    """
    for tenant in view.scope.cluster.tenants:
        if tenant.name in view.world.seats:
            yield from _in_tenant(view, tenant)


def _in_tenant(view: View, tenant: Tenant) -> Iterator[Refusal]:
    counted = {one.license: one for one in view.world.seats[tenant.name]}
    free = {name: one.free for name, one in counted.items()}
    needed = _needed(view, tenant)
    for municipality in view.scope.in_tenant(tenant):
        for change in view.plans[municipality.slug].changes:
            wanted = [name for name, number in change.seats.items() if number > 0]
            short = [name for name in wanted if free.get(name, 0) <= 0]
            if not short:
                for name in wanted:
                    free[name] -= 1
                continue
            yield _waits(change, short[0], needed, counted)


def _needed(view: View, tenant: Tenant) -> Counter[str]:
    needed: Counter[str] = Counter()
    for municipality in view.scope.in_tenant(tenant):
        for change in view.plans[municipality.slug].changes:
            needed.update({n: k for n, k in change.seats.items() if k > 0})
    return needed


def _waits(
    change: Change, name: str, needed: Counter[str], counted: Mapping[str, Seats]
) -> Refusal:
    one = counted.get(name)
    free = one.free if one else 0
    where = f"{free} of {one.enabled} are free" if one else "none is subscribed"
    return Refusal(
        "seats",
        change.municipality,
        change.key,
        f"{change.name} waits for a seat of {name}: this run needs {needed[name]}, {where}.",
        f"Buy {max(1, needed[name] - free)} seat(s) of {name}, or free some.",
        waits=True,
    )

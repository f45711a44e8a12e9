"""Guard `members`: a forum or an administrative unit would lose many people at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from provisioner.engine.guards.view import View
from provisioner.kinds.membership.roster import leaving
from provisioner.model.change import Change
from provisioner.model.plan import Plan, Refusal

_REMEDY = (
    "Look at the plan; if it is meant, apply it with --checksum SUM --release members."
)


def members(view: View) -> Iterator[Refusal]:
    """Hold back changes by which a roster, or one domain in all of them, shrinks at once.

    A roster is judged by its share alone: fifty who leave are many in a village and few
    in a forum of thousands. Over all forums of an owner one domain is looked at as well:
    a municipality whose list was cut off is a small share of every forum.
    """
    for plan in view.plans.values():
        losing = [one for one in plan.changes if leaving(one)]
        if not losing:
            continue
        emptied = _emptied(view, plan, losing)
        for change in losing:
            yield from _judged(view, change, emptied)


def _judged(
    view: View, change: Change, emptied: dict[str, tuple[int, int]]
) -> Iterator[Refusal]:
    limits = view.scope.cluster.guards
    gone = leaving(change)
    there = len(_present(view, change))
    share = len(gone) / there if there else 0.0
    if len(gone) > limits.removals_floor and share > limits.removals_share:
        yield _refusal(
            change,
            f"{len(gone)} of {there} members ({share:.0%}) would be taken out, "
            f"more than {limits.removals_share:.0%}.",
        )
        return
    for domain in sorted({_domain(one) for one in gone} & emptied.keys()):
        lost, had = emptied[domain]
        yield _refusal(
            change,
            f"{lost} of {had} members of {domain} would leave all forums at once, "
            f"more than {limits.shrink_share:.0%}.",
        )
        return


def _emptied(
    view: View, plan: Plan, losing: list[Change]
) -> dict[str, tuple[int, int]]:
    """Domains that lose more than their share over all rosters: how many, of how many."""
    limits = view.scope.cluster.guards
    lost = Counter(_domain(one) for change in losing for one in leaving(change))
    seen = view.world.observations.get(losing[0].kind, {}).get(plan.municipality)
    had = Counter(
        _domain(one)
        for found in (seen.present.values() if seen else ())
        for one in found.spec.members
    )
    return {
        domain: (count, had[domain])
        for domain, count in lost.items()
        if count > limits.removals_floor and count > had[domain] * limits.shrink_share
    }


def _present(view: View, change: Change) -> tuple[str, ...]:
    found = view.observed(change)
    members: tuple[str, ...] = found.spec.members if found else ()
    return members


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def _refusal(change: Change, message: str) -> Refusal:
    return Refusal("members", change.municipality, change.key, message, _REMEDY)

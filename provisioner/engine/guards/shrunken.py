"""Guard `shrunken_inventory`: the files hold far fewer people than are there."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.engine.guards.view import View
from provisioner.model.plan import Refusal


def shrunken_inventory(view: View) -> Iterator[Refusal]:
    """Quarantine a municipality whose list of people is empty or has lost a large share.

    A truncated upload looks just like a town in which everybody left.
    """
    limits = view.scope.cluster.guards
    for municipality in view.scope.municipalities:
        seen = view.world.observations.get("mailbox", {}).get(municipality.slug)
        if seen is None:
            continue
        there = sum(1 for one in seen.present.values() if one.mark)
        listed = len(municipality.people)
        lost = there - listed
        if there == 0 or lost <= 0:
            continue
        emptied = listed == 0
        shrunk = lost > limits.removals_floor and lost / there > limits.shrink_share
        if emptied or shrunk:
            yield Refusal(
                "shrunken_inventory",
                municipality.slug,
                "",
                f"The inventory lists {listed} people where {there} are managed "
                f"({lost / there:.0%} fewer, {limits.shrink_share:.0%} allowed).",
                f"Check that {municipality.people_file} is whole; if it is meant, apply "
                "with --checksum SUM --release shrunken_inventory.",
            )

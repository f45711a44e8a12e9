"""A drift run when nothing changed: its calls do not grow with the number of users."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.row import Figure, Measure, Sizes
from bench.settled import settle
from bench.world import world

_MUNICIPALITIES = 10


def run(sizes: Sizes, folder: Path) -> Iterable[Figure]:
    few = _calls(folder / "few", sizes.steady_small)
    many = _calls(folder / "many", sizes.steady_large)
    yield Figure(
        f"steady_calls_{sizes.steady_large}_over_{sizes.steady_small}",
        many / few,
        limit=1.0,
        detail=f"{many} calls over {few}",
    )


def _calls(folder: Path, people: int) -> int:
    """Calls of the second drift run, the same number of municipalities each time."""
    with world(folder, municipalities=_MUNICIPALITIES, people=people) as one:
        settle(one)
        one.provisioner("drift", "--json")
        one.forget_requests()
        one.provisioner("drift", "--json")
        return one.requests().total


MEASURE = Measure("steady", "calls of a drift run when nothing changed", run)

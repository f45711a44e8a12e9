"""A drift run when nothing changed: its calls do not grow with the number of users."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.row import Figure, Measure, Sizes
from bench.settled import settle
from bench.world import world

_MUNICIPALITIES = 10
# What delta queries tell of; members of forums and units are read whole, by the page.
_PEOPLE = ("--kind", "domain", "--kind", "mailbox")
_PAGE = 999


def run(sizes: Sizes, folder: Path) -> Iterable[Figure]:
    few = _calls(folder / "few", sizes.steady_small)
    many = _calls(folder / "many", sizes.steady_large)
    pages = (sizes.steady_large - sizes.steady_small) / _PAGE + _MUNICIPALITIES
    for name, kinds, limit in (
        ("people_", _PEOPLE, 1.0),
        ("every_kind_", (), 1 + pages / few[()]),
    ):
        yield Figure(
            f"steady_{name}calls_{sizes.steady_large}_over_{sizes.steady_small}",
            many[kinds] / few[kinds],
            limit=limit,
            detail=f"{many[kinds]} calls over {few[kinds]}",
        )


def _calls(folder: Path, people: int) -> dict[tuple[str, ...], int]:
    """Calls of a drift run after another, the same number of municipalities each time.

    By what it looks at: domains and mailboxes, and (the empty tuple) every kind.
    """
    found: dict[tuple[str, ...], int] = {}
    with world(folder, municipalities=_MUNICIPALITIES, people=people) as one:
        settle(one)
        one.provisioner("drift", "--json")
        for kinds in (_PEOPLE, ()):
            one.forget_requests()
            one.provisioner("drift", "--json", *kinds)
            found[kinds] = one.requests().total
    return found


MEASURE = Measure("steady", "calls of a drift run when nothing changed", run)

"""What a measure is, and the rows it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from msgspec import Struct


class Row(Struct, frozen=True):
    """One figure as it stands in `var/bench.json`; it holds at or under its limit."""

    name: str
    value: float
    unit: str
    limit: float
    holds: bool


@dataclass(frozen=True)
class Figure:
    """A row to be; `detail` has the numbers behind it for the reader of the table."""

    name: str
    value: float
    limit: float
    unit: str = "ratio"
    detail: str = ""

    @property
    def row(self) -> Row:
        value = round(self.value, 3)
        return Row(self.name, value, self.unit, self.limit, value <= self.limit)


@dataclass(frozen=True)
class Sizes:
    """How large the worlds are: in full as the limits mean them, or quick to look."""

    observed: int
    observed_small: int
    municipalities: int
    created: int
    created_under_quota: tuple[int, ...]
    steady_large: int
    steady_small: int
    served: int
    repetitions: int
    history: int
    hosts: int = 10
    sites: int = 100
    saved: int = 50_000
    crowd: int = 60
    """Seconds for which people are in the portal."""


FULL = Sizes(
    observed=100_000,
    observed_small=10_000,
    municipalities=250,
    created=2_000,
    created_under_quota=(2_000, 5_000),
    steady_large=10_000,
    steady_small=1_000,
    served=2_000,
    repetitions=5,
    history=1_000_000,
)
QUICK = Sizes(
    observed=10_000,
    observed_small=1_000,
    municipalities=25,
    created=200,
    created_under_quota=(1_600,),
    steady_large=2_000,
    steady_small=500,
    served=500,
    repetitions=3,
    hosts=2,
    sites=20,
    saved=2_000,
    history=100_000,
    crowd=10,
)


@dataclass(frozen=True)
class Measure:
    """A group of figures that share a world.

    `run` gets the sizes and an empty folder; it raises when it cannot measure.
    """

    name: str
    about: str
    run: Callable[[Sizes, Path], Iterable[Figure]]

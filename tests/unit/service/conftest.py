"""A cluster with schedules, and a store of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner.model.cluster import Cluster, Defaults, GuardLimits
from provisioner.model.municipality import Municipality, Names
from provisioner.model.schedule import Calendar, Schedule
from provisioner.store import Store, open_store

NAMES = Names("ראמה", "الرامة", "Rameh")
MakeCluster = Callable[..., Cluster]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'store.db'}") as opened:
        yield opened


def town(slug: str) -> Municipality:
    return Municipality(
        slug=slug,
        names=NAMES,
        cbs_code="",
        type="local_council",
        tenant="galil",
        domain=f"{slug}.example",
        language="he",
        seats={},
        cios=(),
        people=(),
        file="",
        people_file="",
    )


@pytest.fixture
def make_cluster() -> MakeCluster:
    """`make_cluster(schedule, …, calendar=…, towns=3)`."""

    def make(*schedules: Schedule, calendar: Any = None, towns: int = 3) -> Cluster:
        return Cluster(
            slug="galil",
            names=NAMES,
            tenants=(),
            roles=(),
            guards=GuardLimits(),
            defaults=Defaults(),
            municipalities=tuple(town(f"town-{n:03d}") for n in range(towns)),
            digest=str(schedules),
            calendar=calendar or Calendar(),
            schedules=schedules,
        )

    return make

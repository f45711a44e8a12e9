"""Municipalities of worlds that tests share: each test gets one that nobody touched yet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from rehearsal import Ended, Rehearsal, rehearsing

_TOWNS = 12
_PEOPLE = 12 * _TOWNS


class Town:
    """One municipality of a world; commands run in it alone."""

    def __init__(self, world: Rehearsal, slug: str) -> None:
        self.world = world
        self.slug = slug
        self.domain = f"{slug}.example"

    def run(self, command: str, *words: str, **settings: str) -> Ended:
        """Run `provisioner COMMAND --municipality SLUG WORDS`."""
        return self.world.run(command, "--municipality", self.slug, *words, **settings)

    def people(self) -> list[dict[str, str]]:
        return self.world.people(self.slug)

    def active(self) -> list[dict[str, str]]:
        """Rows of those who shall have a mailbox."""
        return [row for row in self.people() if row["state"] != "leaver"]

    def rewrite(self, rows: list[dict[str, str]]) -> None:
        self.world.rewrite(self.slug, rows)

    def amend(self, address: str, /, **values: str) -> None:
        """Change one person's row."""
        rows = self.people()
        (row,) = [one for one in rows if one["address"] == address]
        row.update(values)
        self.rewrite(rows)

    def users(self) -> dict[str, dict[str, Any]]:
        return self.world.users(self.slug)


class Towns:
    """Hands out municipalities and builds another world when all are given away."""

    def __init__(self, folder: Path, *, settled: bool) -> None:
        self._folder = folder
        self._settled = settled
        self._left: list[Town] = []
        self._worlds = 0
        self.stack = ExitStack()

    def take(self) -> Town:
        if not self._left:
            self._left = self._build()
        return self._left.pop()

    def _build(self) -> list[Town]:
        self._worlds += 1
        rehearse = self.stack.enter_context(
            rehearsing(self._folder / f"towns-{self._worlds}")
        )
        world = rehearse(
            municipalities=_TOWNS, people=_PEOPLE, mailbox_delay=0.1, even=True
        )
        if self._settled:
            ended = world.run("apply", "--yes")
            assert ended.code == 0, ended.err + ended.out[-2000:]
        return [Town(world, slug) for slug in world.slugs]


def _lent(towns: Towns) -> Iterator[Town]:
    """A town for one test; the faults it put in force and its inventory do not outlive it."""
    town = towns.take()
    world = town.world
    before = world.folder / "inventory-before"
    shutil.copytree(world.inventory, before)
    yield town
    world.mend()
    shutil.rmtree(world.inventory)
    before.rename(world.inventory)


@pytest.fixture(scope="session")
def _fresh_towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Towns]:
    towns = Towns(tmp_path_factory.mktemp("fresh"), settled=False)
    with towns.stack:
        yield towns


@pytest.fixture(scope="session")
def _settled_towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Towns]:
    towns = Towns(tmp_path_factory.mktemp("settled"), settled=True)
    with towns.stack:
        yield towns


@pytest.fixture
def fresh_town(_fresh_towns: Towns) -> Iterator[Town]:
    """A municipality of which the tenant knows nothing."""
    yield from _lent(_fresh_towns)


@pytest.fixture
def town(_settled_towns: Towns) -> Iterator[Town]:
    """A municipality whose inventory was applied and proven."""
    yield from _lent(_settled_towns)

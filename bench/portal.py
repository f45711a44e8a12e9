"""Fifty people in the portal at once, each reading and thinking, against one worker.

A page is asked for by itself first, while nobody else is there; what counts is how much
longer it takes when fifty are. They are people: each looks at a page for some seconds
before the next one. Without that pause the figure would only count to fifty.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import statistics
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from bench.row import Figure, Measure, Sizes
from bench.world import World, world
from provisioner.store import open_store

_PEOPLE = 50
_READS = (2.0, 6.0)
"""For how many seconds somebody looks at a page, from and to."""
_ALONE = 15
"""How often a page is asked for while nobody else is there."""
_LIMIT = 5.0
_STARTS = 60.0

_CIO = (
    "/municipalities/{slug}",
    "/requests",
    "/requests/new/person",
    "/drift",
    "/seats",
    "/backups",
)
_IT = (
    "/",
    "/requests",
    "/drift",
    "/runs",
    "/seats",
    "/inventory/{slug}",
    "/approvals",
    "/audit",
)


@dataclass(frozen=True)
class Somebody:
    """One person: what they are, the pages they go through, and their session."""

    number: int
    role: str
    pages: tuple[str, ...]
    cookie: str

    @property
    def headers(self) -> dict[str, str]:
        """What their browser sends with each request."""
        return {"cookie": f"provisioner-session={self.cookie}"}

    def names(self) -> Iterator[tuple[str, str]]:
        """What is measured together (role and page), with the address asked for."""
        for path in self.pages:
            yield f"{self.role} {_group(path)}", path


def run(sizes: Sizes, folder: Path) -> Iterable[Figure]:
    with world(folder, municipalities=12, people=640) as small:
        small.provisioner("apply", "--yes", allowed=(0, 2))
        small.provisioner("drift", allowed=(0, 2))
        people = _people(small)
        with _served(small) as url:
            alone = asyncio.run(_alone(url, people))
            crowd, errors = asyncio.run(_crowd(url, people, sizes.crowd))
    yield from figures(alone, crowd, errors)


def figures(
    alone: Mapping[str, float], crowd: Mapping[str, Sequence[float]], errors: int
) -> Iterable[Figure]:
    """The page that suffers most, and how many answers were none."""
    ratios = {name: _p95(taken) / alone[name] for name, taken in crowd.items()}
    worst = max(ratios, key=lambda name: ratios[name])
    asked = sum(map(len, crowd.values()))
    yield Figure(
        "portal_p95_of_fifty_to_one",
        ratios[worst],
        limit=_LIMIT,
        detail=f"{worst}: {alone[worst] * 1000:.0f} ms alone,"
        f" {_p95(crowd[worst]) * 1000:.0f} ms at p95;"
        f" median page {statistics.median(ratios.values()):.1f}; {asked} pages",
    )
    yield Figure("portal_errors_of_fifty", errors, limit=0, unit="answers")


def _group(path: str) -> str:
    parts = path.split("/")
    return "/".join([*parts[:2], "…"]) if parts[1] in _WITH_SLUG else path


_WITH_SLUG = ("municipalities", "inventory")


def _people(small: World) -> list[Somebody]:
    """Four of five are CIOs; each has a session as signing in would have made it."""
    slugs = itertools.cycle([one.slug for one in small.cluster.municipalities])
    people = []
    with open_store(small.settings.database) as store:
        for number in range(_PEOPLE):
            slug = next(slugs)
            role, claim, pages = (
                ("CIO", f"cio.{slug}", _CIO)
                if number % 5
                else ("cluster IT", "cluster-it", _IT)
            )
            person = {
                "subject": f"person-{number}",
                "name": f"Person {number}",
                "address": f"person{number}@galil.example",
                "claims": [claim],
            }
            cookie = store.portal_sessions.begin(timedelta(hours=1), person=person)
            paths = tuple(one.format(slug=slug) for one in pages)
            people.append(Somebody(number, role, paths, cookie))
    return people


@contextmanager
def _served(small: World) -> Iterator[str]:
    """The service as a process; where it listens."""
    service = subprocess.Popen(
        [*small.command, "serve", "--port", "0", "--json-logs"],
        env=small.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield _listens(service)
    finally:
        service.terminate()
        service.communicate(timeout=60)


def _listens(service: subprocess.Popen[str]) -> str:
    assert service.stderr is not None
    ends = time.monotonic() + _STARTS
    for line in service.stderr:
        said = json.loads(line)["message"] if line.startswith("{") else ""
        if "Uvicorn running on " in said:
            return str(said.partition("running on ")[2].split()[0])
        if time.monotonic() > ends:
            break
    raise RuntimeError("the service did not begin to listen")


async def _alone(url: str, people: Sequence[Somebody]) -> dict[str, float]:
    """Median seconds of each page, asked for by one person after the other."""
    first = {one.role: one for one in people}
    found: dict[str, float] = {}
    async with _browsers(url) as browser:
        for one in first.values():
            for name, path in one.names():
                await _seconds(browser, one, path)
                taken = [await _seconds(browser, one, path) for _ in range(_ALONE)]
                found[name] = statistics.median(taken)
    return found


async def _crowd(
    url: str, people: Sequence[Somebody], seconds: float
) -> tuple[dict[str, list[float]], int]:
    """Seconds of every page while all are there, and how many answers were errors."""
    taken: dict[str, list[float]] = defaultdict(list)
    ends = time.monotonic() + seconds
    async with _browsers(url) as browser:
        errors = await asyncio.gather(
            *(_reads(browser, one, ends, taken) for one in people)
        )
    return taken, sum(errors)


async def _reads(
    browser: httpx.AsyncClient,
    one: Somebody,
    ends: float,
    taken: dict[str, list[float]],
) -> int:
    chance = random.Random(one.number)  # noqa: S311  the same pauses in every run
    errors = 0
    await asyncio.sleep(chance.uniform(0, _READS[1]))
    for name, path in itertools.cycle(one.names()):
        if time.monotonic() > ends:
            break
        try:
            taken[name].append(await _seconds(browser, one, path))
        except httpx.HTTPError:
            errors += 1
        await asyncio.sleep(chance.uniform(*_READS))
    return errors


async def _seconds(browser: httpx.AsyncClient, one: Somebody, path: str) -> float:
    begun = time.perf_counter()
    answer = await browser.get(path, headers=one.headers)
    taken = time.perf_counter() - begun
    answer.raise_for_status()
    return taken


def _browsers(url: str) -> httpx.AsyncClient:
    """A connection for each person; one client for all, since making one takes long."""
    limits = httpx.Limits(max_connections=_PEOPLE)
    return httpx.AsyncClient(base_url=url, limits=limits, timeout=30, trust_env=False)


def _p95(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * 95 // 100) - 1)]


MEASURE = Measure("portal", "fifty people in the portal at once", run)

"""Reading 100,000 mailboxes and planning over them, against a bare loop."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.floor import read_everything, read_pages, token_of
from bench.row import Figure, Measure, Sizes
from bench.settled import settle
from bench.timing import Ended, alternate, seconds
from bench.world import World, world
from provisioner.bootstrap import collaborators
from provisioner.engine.desired import desire
from provisioner.engine.listener import Silence
from provisioner.engine.observe import World as Observations
from provisioner.engine.observe import observe
from provisioner.engine.scope import Order, kinds_of, scope_of
from provisioner.kind import Providers
from provisioner.providers.graph.sender import always
from provisioner.providers.graph.users import UsersRead

_PLAN = ("plan", "--full", "--json")
# What the users' pages alone are enough for.
_PEOPLE = ("--kind", "domain", "--kind", "mailbox")
_OTHER_CALLS = 60


def run(sizes: Sizes, folder: Path) -> Iterable[Figure]:
    with world(
        folder / "small",
        municipalities=sizes.municipalities // 10,
        people=sizes.observed_small,
    ) as small:
        settle(small)
        few = _plans(small, sizes.repetitions)
    with world(
        folder / "large", municipalities=sizes.municipalities, people=sizes.observed
    ) as large:
        settle(large)
        yield from _observe(large, sizes)
        yield from _observe_everything(large, sizes)
        yield from _plan(large, sizes, few)


def _observe(large: World, sizes: Sizes) -> Iterator[Figure]:
    token = token_of(large)
    with _reader(large) as read:
        floor, subject = alternate(
            lambda: seconds(lambda: read_pages(large.state.graph_url, token)),
            lambda: seconds(read),
            sizes.repetitions,
        )
    yield Figure(
        f"observe_{sizes.observed}_over_bare_loop",
        subject / floor,
        limit=2.0,
        detail=f"{subject:.2f} s over {floor:.2f} s",
    )


def _observe_everything(large: World, sizes: Sizes) -> Iterator[Figure]:
    """Every kind: domains with their DNS, mailboxes, units and forums with members."""
    token = token_of(large)
    order = Order("plan", full=True)
    with (
        asyncio.Runner() as loop,
        collaborators(large.settings, Silence()) as given,
    ):
        scope, kinds = (
            scope_of(order, large.cluster, given.now()),
            kinds_of(order, hosts=False),
        )
        desired = desire(scope, kinds)
        seen: list[Observations] = []

        async def look() -> None:
            tenant = large.cluster.tenants[0]
            providers = await given.open_providers(tenant, lambda: None)
            world = await observe(scope, kinds, desired, {tenant.name: providers})
            seen[:] = [world]  # not returned, as in _reader
            await providers.close()

        floor, subject = alternate(
            lambda: seconds(lambda: read_everything(large.state.graph_url, token)),
            lambda: seconds(lambda: loop.run(look())),
            sizes.repetitions,
        )
        assert not any(
            one.unknown
            for kind in seen[0].observations.values()
            for one in kind.values()
        )
    yield Figure(
        f"observe_every_kind_{sizes.observed}_over_bare_loop",
        subject / floor,
        limit=3.0,
        detail=f"{subject:.2f} s over {floor:.2f} s",
    )


@contextmanager
def _reader(large: World) -> Iterator[Callable[[], object]]:
    """Reads all users as a run does: same adapter, same limiter, same store."""
    with (
        asyncio.Runner() as loop,
        collaborators(large.settings, Silence()) as given,
    ):
        opened: list[Providers] = []
        read: list[UsersRead] = []

        async def open_providers() -> None:
            tenant = large.cluster.tenants[0]
            opened.append(await given.open_providers(tenant, always))

        async def read_users() -> None:
            # Not returned: at the end of a task that a SIGINT handler knows of, the
            # standard library takes the repr of its result, seconds for 100,000 users.
            read[:] = [await opened[0].directory.users(full=True)]

        loop.run(open_providers())
        yield lambda: loop.run(read_users())
        loop.run(opened[0].close())


def _plan(large: World, sizes: Sizes, few: list[Ended]) -> Iterator[Figure]:
    token, url = token_of(large), large.state.graph_url
    large.forget_requests()
    large.provisioner(*_PLAN)
    requests = large.requests()
    yield Figure(
        f"plan_{sizes.observed}_calls",
        requests.total,
        # A page holds 999 users; the rest does not grow with their number.
        limit=sizes.observed / 999 + _OTHER_CALLS,
        unit="calls",
        detail=str(requests),
    )
    plans: list[Ended] = []

    def plan(*kinds: str) -> float:
        plans.append(large.provisioner(*_PLAN, *kinds))
        return plans[-1].seconds

    for name, floor, subject in (
        ("people", lambda: read_pages(url, token), lambda: plan(*_PEOPLE)),
        ("every_kind", lambda: read_everything(url, token), plan),
    ):
        under, over = alternate(partial(seconds, floor), subject, sizes.repetitions)
        yield Figure(
            f"plan_{name}_{sizes.observed}_over_bare_loop",
            over / under,
            limit=10.0,
            detail=f"{over:.2f} s over {under:.2f} s",
        )
    yield Figure(
        f"plan_{sizes.observed}_peak_memory",
        max(one.peak_mb for one in plans),
        limit=600.0,
        unit="MB",
    )
    # Those of every kind came last.
    large_plan = statistics.median(one.seconds for one in plans[-sizes.repetitions :])
    small = statistics.median(one.seconds for one in few)
    yield Figure(
        f"plan_{sizes.observed}_over_plan_{sizes.observed_small}",
        large_plan / small,
        limit=12.0,
        detail=f"{large_plan:.2f} s over {small:.2f} s",
    )


def _plans(small: World, repetitions: int) -> list[Ended]:
    """Plans of the small cluster, the first one not counted."""
    return [small.provisioner(*_PLAN) for _ in range(repetitions + 1)][1:]


MEASURE = Measure(
    "read", "reading 100,000 mailboxes, and a whole plan with nothing to do", run
)

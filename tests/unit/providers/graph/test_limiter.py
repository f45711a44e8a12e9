"""The gate to a tenant: places, the shared pause, and the pace of writes."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

import pytest

from provisioner.errors import Throttled, TransientProviderError
from provisioner.providers.graph.limiter import LONGEST_WAIT, Limiter, Patience

pytestmark = pytest.mark.anyio


def opened(**given: Any) -> Limiter:
    options = {"writes_per_window": 1000, "window_seconds": 1.0, "unit": 0.01}
    return Limiter(rng=random.Random(1), **(options | given))  # noqa: S311


async def through(limiter: Limiter, calls: int, writes: int = 0) -> list[float]:
    """Send `calls` at once through the gate; when each began, from the start."""
    began = time.monotonic()

    async def one() -> float:
        async with limiter.slot(writes):
            at = time.monotonic() - began
            await asyncio.sleep(0.001)
            return at

    return sorted(await asyncio.gather(*(one() for _ in range(calls))))


async def test_no_more_are_inside_than_there_are_places() -> None:
    limiter = opened(concurrency=3)
    inside = most = 0

    async def one() -> None:
        nonlocal inside, most
        async with limiter.slot():
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.002)
            inside -= 1

    await asyncio.gather(*(one() for _ in range(30)))
    assert most == 3


async def test_a_pause_holds_everybody_and_they_come_back_apart() -> None:
    limiter = opened()
    limiter.pause(0.255)
    began = await through(limiter, 6)
    assert began[0] >= 0.255
    assert len({round(at, 4) for at in began}) > 1


async def test_the_longer_of_two_pauses_counts() -> None:
    limiter = opened()
    limiter.pause(0.2)
    limiter.pause(0.05)
    assert (await through(limiter, 1))[0] >= 0.2


async def test_a_wait_beyond_patience_is_an_error_at_once() -> None:
    limiter = opened()
    limiter.pause(LONGEST_WAIT + 60)
    with pytest.raises(Throttled) as caught:
        await through(limiter, 1)
    assert caught.value.seconds > LONGEST_WAIT


async def test_a_refused_wait_gives_its_place_and_its_writes_back() -> None:
    limiter = opened(concurrency=1, writes_per_window=1)
    limiter.pause(LONGEST_WAIT + 60)
    for _ in range(2):
        with pytest.raises(Throttled):
            await asyncio.wait_for(through(limiter, 1, writes=1), 3)


async def test_a_full_bucket_of_writes_goes_at_once() -> None:
    began = await through(opened(writes_per_window=500), 25, writes=20)
    assert began[-1] < 0.3


async def test_writes_take_the_time_the_quota_dictates_and_no_more() -> None:
    limiter = opened(writes_per_window=300, window_seconds=1.0)
    began = await through(limiter, 30, writes=20)
    dictated = (600 - 300) / 300
    assert dictated * 0.93 <= began[-1] <= dictated * 1.15


async def test_reads_do_not_wait_behind_writes() -> None:
    limiter = opened(writes_per_window=1, window_seconds=1.0, concurrency=1)
    writing = asyncio.create_task(through(limiter, 2, writes=1))
    await asyncio.sleep(0.02)
    assert (await through(limiter, 5))[-1] < 0.3
    await writing


async def test_more_writes_than_the_whole_bucket_still_go() -> None:
    limiter = opened(writes_per_window=5, window_seconds=0.2)
    assert len(await through(limiter, 3, writes=20)) == 3


async def test_a_cancelled_wait_leaves_the_gate_whole() -> None:
    limiter = opened(concurrency=1, writes_per_window=2, window_seconds=0.2)
    task = asyncio.create_task(through(limiter, 10, writes=1))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(await asyncio.wait_for(through(limiter, 2, writes=1), 3)) == 2


async def test_near_the_limit_fewer_go_at_once_and_later_all_again() -> None:
    limiter = opened(concurrency=8)
    limiter.observe({"x-ms-throttle-limit-percentage": "1.7"})
    assert limiter.allowed == 2
    for _ in range(10):
        limiter.observe({})
    assert limiter.allowed == 8
    limiter.observe({"x-ms-throttle-limit-percentage": "0.8"})
    assert limiter.allowed == 8
    assert len(await through(limiter, 30)) == 30


async def test_being_throttled_halves_the_places_while_calls_are_inside() -> None:
    limiter = opened(concurrency=4)
    gate = asyncio.Event()

    async def hold() -> None:
        async with limiter.slot():
            await gate.wait()

    holding = [asyncio.create_task(hold()) for _ in range(4)]
    await asyncio.sleep(0.01)
    limiter.pause(0.01)
    assert limiter.allowed == 2
    gate.set()
    await asyncio.gather(*holding)
    assert len(await through(limiter, 10)) == 10


async def test_a_percentage_that_is_no_number_is_passed_over() -> None:
    limiter = opened()
    limiter.observe({"x-ms-throttle-limit-percentage": "much"})
    assert limiter.allowed == limiter.concurrency


def test_patience_with_failures_ends_sooner_than_with_throttling() -> None:
    def tries(error: TransientProviderError) -> int:
        patience, count = Patience(), 1
        while not patience.lost(error):
            count += 1
        return count

    failing, throttled = tries(TransientProviderError("x")), tries(Throttled("x"))
    assert 3 <= failing < throttled <= 30


def test_backoff_doubles_to_a_limit() -> None:
    patience = Patience()
    waits = []
    for _ in range(5):
        patience.lost(TransientProviderError("x"))
        waits.append(patience.backoff(0.5))
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert Patience(failed=40).backoff(0.5) == 30.0

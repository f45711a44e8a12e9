"""Asked to stop: reading ends at once, writing when the change in hand is done."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from provisioner.engine.stopping import Stop
from provisioner.errors import RunStopped

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_work_that_nobody_stops_has_its_result() -> None:
    assert await Stop().bound(asyncio.sleep(0, "done"), 0.0) == "done"


async def test_work_without_patience_ends_at_once_from_another_thread() -> None:
    stop = Stop()
    threading.Timer(0.05, stop.request, ["cancelled by noa"]).start()
    begun = time.monotonic()
    with pytest.raises(RunStopped, match="cancelled by noa"):
        await stop.bound(asyncio.sleep(30), 0.0)
    assert time.monotonic() - begun < 5


async def test_what_is_in_hand_is_finished_and_then_it_ends() -> None:
    stop, done = Stop(), []

    async def change() -> None:
        stop.request("SIGTERM was received")
        await asyncio.sleep(0.05)
        done.append("change")

    with pytest.raises(RunStopped, match="SIGTERM"):
        await stop.bound(change(), 5.0)
    assert done == ["change"]


async def test_what_was_stopped_before_it_began_never_works() -> None:
    stop = Stop()
    stop.request("first")
    stop.request("second")
    with pytest.raises(RunStopped, match="first"):
        await stop.bound(asyncio.sleep(30), 0.0)


async def test_an_error_of_the_work_comes_through() -> None:
    async def broken() -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await Stop().bound(broken(), 0.0)

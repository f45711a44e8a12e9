"""Batches: one reply for each call, whatever the service does to them."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

import pytest

from provisioner.errors import (
    PermanentProviderError,
    ProvisionerError,
    TransientProviderError,
    WritingStopped,
)
from provisioner.providers.graph.adapter import GraphAdapter
from provisioner.providers.graph.batch import Call, batch
from provisioner.providers.graph.calls import (
    assign_license,
    create_user,
    get_mailbox_settings,
    get_user,
    patch_mailbox_settings,
    patch_user,
    restore_user,
)
from provisioner.providers.graph.limiter import Limiter
from provisioner.providers.graph.sender import Sender

pytestmark = pytest.mark.anyio


async def test_twenty_travel_in_a_request_and_bodies_arrive_unchanged(
    batches: Any,
) -> None:
    batches.serve()
    found = await batches.replies(batches.creates(45))
    assert sorted(map(len, batches.seen)) == [5, 20, 20]
    first = next(one for one in batches.seen[0] if one["id"] == "0")
    assert first["headers"] == {"Content-Type": "application/json"}
    assert first["body"]["displayName"].startswith("מספר")
    assert all(reply.status == 200 and reply.error is None for reply in found.values())


async def test_no_calls_are_no_request(graph: Any, batches: Any) -> None:
    assert await batches.replies([]) == {}
    assert graph.requests == []


async def test_ids_that_differ_only_by_case_are_told_apart(batches: Any) -> None:
    batches.serve()
    found = await batches.replies([get_user("A", "one"), get_user("a", "two")])
    assert b"one" in bytes(found["A"].body)
    assert b"two" in bytes(found["a"].body)


async def test_an_empty_success_has_an_empty_body(batches: Any) -> None:
    batches.serve(lambda one: (204, None, {}))
    found = await batches.replies(batches.patches(1))
    assert (found["p0"].status, bytes(found["p0"].body)) == (204, b"")


async def test_a_refusal_is_told_to_its_own_call_alone(batches: Any) -> None:
    conflict = {
        "code": "Request_BadRequest",
        "message": "taken",
        "details": [{"code": "ObjectConflict", "target": "userPrincipalName"}],
    }

    def inner(one: dict[str, Any]) -> Any:
        if "user3" in one["url"]:
            return 400, {"error": conflict}, {}
        return 204, None, {}

    batches.serve(inner)
    found = await batches.replies(batches.patches(25))
    bad = found.pop("p3")
    assert isinstance(bad.error, PermanentProviderError)
    assert (bad.error.code, bad.error.target) == ("ObjectConflict", "userPrincipalName")
    assert not bad.ambiguous
    assert all(reply.error is None for reply in found.values())


async def test_throttled_calls_go_again_after_the_longest_wait(batches: Any) -> None:
    def wait(one: dict[str, Any]) -> Any:
        seconds = "0.3" if "user7" in one["url"] else "0.01"
        return 429, {"error": {"code": "TooManyRequests"}}, {"retry-after": seconds}

    first = True

    def inner(one: dict[str, Any]) -> Any:
        return wait(one) if first else (204, None, {})

    batches.serve(inner)
    began = time.monotonic()

    async def later() -> None:
        nonlocal first
        await asyncio.sleep(0.15)
        first = False

    found, _ = await asyncio.gather(batches.replies(batches.patches(20)), later())
    assert time.monotonic() - began >= 0.3
    assert all(reply.status == 204 for reply in found.values())
    assert len(batches.seen) == 2


async def test_a_storm_of_inner_throttling_passes(batches: Any) -> None:
    batches.serve(batches.once(batches.throttled, batches.throttled, batches.throttled))
    found = await batches.replies(batches.creates(100))
    assert all(reply.error is None for reply in found.values())
    assert len(batches.urls()) == 400
    assert len(batches.seen) <= 24


async def test_a_storm_that_does_not_pass_ends(batches: Any) -> None:
    endless = (429, {"error": {"code": "TooManyRequests"}}, {"Retry-After": "0.001"})
    batches.serve(lambda one: endless)
    found = await batches.replies(batches.creates(5))
    assert all(
        isinstance(reply.error, TransientProviderError)
        and not reply.ambiguous
        and reply.status == 429
        for reply in found.values()
    )
    assert len(batches.seen) <= 30


async def test_a_create_answered_by_an_error_is_not_sent_again(batches: Any) -> None:
    batches.serve(lambda one: batches.busy)
    found = await batches.replies(batches.creates(3))
    assert all(reply.ambiguous for reply in found.values())
    assert len(batches.seen) == 1


@pytest.mark.parametrize(
    "call",
    [
        patch_user("x", "1", {"city": None}),
        assign_license("x", "1", ["sku"]),
        get_user("x", "1"),
        get_mailbox_settings("x", "1"),
        patch_mailbox_settings("x", "1", {}),
        restore_user("x", "1"),
    ],
    ids=lambda call: f"{call.method} {call.action.partition('?')[0]}",
)
async def test_what_may_be_repeated_is_sent_again_after_an_error(
    call: Call, batches: Any
) -> None:
    batches.serve(batches.once(batches.busy, batches.busy))
    found = await batches.replies([call])
    assert found["x"].error is None
    assert len(batches.seen) == 3


async def test_a_restore_refused_after_a_lost_answer_is_ambiguous(batches: Any) -> None:
    gone = (404, {"error": {"code": "Request_ResourceNotFound"}}, {})
    batches.serve(batches.once(batches.busy, gone))
    found = await batches.replies([restore_user("r", "1")])
    assert found["r"].ambiguous


async def test_a_restore_refused_at_once_is_refused(batches: Any) -> None:
    batches.serve(
        batches.once((404, {"error": {"code": "Request_ResourceNotFound"}}, {}))
    )
    found = await batches.replies([restore_user("r", "1")])
    assert isinstance(found["r"].error, PermanentProviderError)


async def test_a_call_without_an_answer_goes_again_unless_it_creates(
    batches: Any,
) -> None:
    batches.serve(batches.once(None))
    found = await batches.replies([*batches.creates(1), *batches.patches(1)])
    assert found["c0"].ambiguous
    assert found["p0"].error is None


@pytest.mark.parametrize("how", ["unavailable", "html", "cut", "truncated", "slow"])
async def test_a_whole_request_of_unknown_fate_repeats_only_what_may_be(
    graph: Any, credential: Any, limiter: Limiter, how: str, batches: Any
) -> None:
    from provisioner.providers.graph.adapter import open_adapter

    adapter = open_adapter(credential, base_url=graph.url, timeout=0.5)
    bad = {
        "unavailable": graph.fails(503),
        "html": graph.html(502),
        "cut": graph.cut({"responses": []}),
        "truncated": graph.ok(b'{"responses":[{"id":"0","sta'),
        "slow": graph.slow(1.5),
    }[how]
    batches.serve(first=bad)
    calls = [*batches.creates(2), *batches.patches(2)]
    found = await batches.replies(calls, Sender(adapter, limiter))
    assert [found[key].ambiguous for key in ("c0", "c1", "p0", "p1")] == [
        True,
        True,
        False,
        False,
    ]
    assert found["p0"].error is found["p1"].error is None
    await adapter.close()


async def test_a_whole_request_that_was_throttled_is_sent_again_with_its_creates(
    graph: Any, batches: Any
) -> None:
    batches.serve(first=graph.fails(429, "TooManyRequests", retry_after="0.01"))
    found = await batches.replies(batches.creates(3))
    assert all(reply.error is None for reply in found.values())


async def test_a_request_that_never_arrived_creates_nothing_twice(
    credential: Any, limiter: Limiter, batches: Any
) -> None:
    from provisioner.providers.graph.adapter import open_adapter

    adapter = open_adapter(credential, base_url="http://127.0.0.1:9/v1.0")
    found = await batches.replies(batches.creates(2), Sender(adapter, limiter))
    assert all(
        isinstance(reply.error, TransientProviderError) and not reply.ambiguous
        for reply in found.values()
    )
    await adapter.close()


async def test_a_denied_request_is_told_to_every_call(graph: Any, batches: Any) -> None:
    graph.on("POST", r"/\$batch", graph.fails(403, "Authorization_RequestDenied"))
    found = await batches.replies(batches.patches(30))
    assert all(isinstance(r.error, PermanentProviderError) for r in found.values())
    assert len(graph.requests) == 2


async def test_writes_are_paced_by_the_quota(
    adapter: GraphAdapter, batches: Any
) -> None:
    batches.serve(lambda one: (201, {"id": "1"}, {}))
    limiter = Limiter(
        writes_per_window=200,
        window_seconds=1.0,
        rng=random.Random(2),  # noqa: S311
    )
    began = time.monotonic()
    await batches.replies(batches.creates(400), Sender(adapter, limiter))
    assert 0.9 <= time.monotonic() - began <= 1.5


async def test_a_batch_given_up_half_way_leaves_nothing_running(
    sender: Sender, batches: Any
) -> None:
    batches.serve()
    generator = batch(sender, batches.creates(400))
    await generator.__anext__()
    await generator.aclose()
    assert len(asyncio.all_tasks()) <= 2


async def test_replies_come_before_the_last_call_is_sent(
    sender: Sender, batches: Any
) -> None:
    batches.serve()
    async for _ in batch(sender, batches.creates(800)):
        assert len(batches.seen) < 40
        break


async def test_a_password_never_stands_in_an_error(batches: Any) -> None:
    batches.serve(lambda one: (400, {"error": {"code": "Bad", "message": "m"}}, {}))
    body = {"passwordProfile": {"password": "hunter2-secret"}}
    found = await batches.replies([create_user("c", body)])
    error = found["c"].error
    assert isinstance(error, ProvisionerError)
    assert "hunter2" not in str(error) + repr(error) + repr(found["c"])


def test_a_user_name_is_quoted_in_a_path() -> None:
    assert get_user("x", "a'b#c@d.example").url.startswith("/users/a%27b%23c%40d")


async def test_a_busy_service_is_left_alone_also_after_a_create_in_doubt(
    batches: Any, limiter: Limiter
) -> None:
    busy = (503, {"error": {"code": "ServiceUnavailable"}}, {"Retry-After": "0.3"})
    batches.serve(batches.once(busy))
    found = await batches.replies(batches.creates(1))
    assert found["c0"].ambiguous
    began = time.monotonic()
    async with limiter.slot():
        assert time.monotonic() - began >= 0.2


async def test_once_writing_is_stopped_nothing_is_sent_and_reading_goes_on(
    adapter: Any, limiter: Limiter, batches: Any
) -> None:
    def shut() -> None:
        raise WritingStopped("Not done: cancelled by noa.")

    batches.serve()
    stopped = Sender(adapter, limiter, shut)
    found = await batches.replies([*batches.creates(2), *batches.patches(2)], stopped)
    assert {str(reply.error) for reply in found.values()} == {
        "Not done: cancelled by noa."
    }
    assert stopped.calls == 0
    reads = [Call(f"r{n}", "GET", f"/users/{n}") for n in range(3)]
    found = await batches.replies(reads, stopped)
    assert stopped.calls == 1
    assert not any(isinstance(r.error, WritingStopped) for r in found.values())

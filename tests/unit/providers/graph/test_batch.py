"""Batches: one reply for each call, whatever the service does to them."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterable
from typing import Any

import pytest

from provisioner.errors import (
    PermanentProviderError,
    ProvisionerError,
    TransientProviderError,
)
from provisioner.providers.graph.adapter import GraphAdapter
from provisioner.providers.graph.batch import Call, Reply, batch
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


class Service:
    """A `$batch` endpoint; `inner` answers each call with (status, body, headers)."""

    def __init__(self, graph: Any, inner: Any = None) -> None:
        self._inner = inner or (lambda one: (200, {"id": one["url"]}, {}))
        self._graph = graph
        self.batches: list[list[dict[str, Any]]] = []
        graph.on("POST", r"/\$batch", self.answer)

    def answer(self, request: Any) -> Any:
        calls = request.json["requests"]
        self.batches.append(calls)
        done: dict[str, int] = {}
        responses = []
        for one in calls:
            if any(done.get(name, 500) >= 400 for name in one.get("dependsOn", ())):
                status, body, headers = 424, {"error": {"code": "FailedDep"}}, {}
            else:
                given = self._inner(one)
                if given is None:
                    continue
                status, body, headers = given
            done[one["id"]] = status
            response = {"id": one["id"], "status": status, "headers": headers}
            responses.append(response | ({} if body is None else {"body": body}))
        random.Random(3).shuffle(responses)  # noqa: S311
        return self._graph.ok({"responses": responses})

    def urls(self) -> list[str]:
        return [one["url"] for calls in self.batches for one in calls]


async def replies(sender: Sender, calls: Iterable[Call]) -> dict[str, Reply]:
    """Every reply by id; fails where a call was answered twice or not at all."""
    wanted = list(calls)
    found: dict[str, Reply] = {}
    async for reply in batch(sender, wanted):
        assert reply.id not in found
        found[reply.id] = reply
    assert found.keys() == {call.id for call in wanted}
    return found


def patches(count: int) -> list[Call]:
    return [patch_user(f"p{n}", f"user{n}", {"jobTitle": "x"}) for n in range(count)]


def creates(count: int) -> list[Call]:
    return [create_user(f"c{n}", {"displayName": f"מספר {n}"}) for n in range(count)]


def once(*answers: Any) -> Any:
    """For each URL the answers one after the other, and then its success."""
    seen: dict[str, int] = {}

    def inner(one: dict[str, Any]) -> Any:
        key = json.dumps(one.get("body")) + one["url"]
        number = seen[key] = seen.get(key, -1) + 1
        return answers[number] if number < len(answers) else (200, {"id": "1"}, {})

    return inner


BUSY = (503, {"error": {"code": "ServiceUnavailable"}}, {})
THROTTLED = (429, {"error": {"code": "TooManyRequests"}}, {"Retry-After": "0.05"})


async def test_twenty_travel_in_a_request_and_bodies_arrive_unchanged(
    graph: Any, sender: Sender
) -> None:
    service = Service(graph)
    found = await replies(sender, creates(45))
    assert sorted(map(len, service.batches)) == [5, 20, 20]
    first = next(one for one in service.batches[0] if one["id"] == "0")
    assert first["headers"] == {"Content-Type": "application/json"}
    assert first["body"]["displayName"].startswith("מספר")
    assert all(reply.status == 200 and reply.error is None for reply in found.values())


async def test_no_calls_are_no_request(graph: Any, sender: Sender) -> None:
    assert await replies(sender, []) == {}
    assert graph.requests == []


async def test_ids_that_differ_only_by_case_are_told_apart(
    graph: Any, sender: Sender
) -> None:
    Service(graph)
    found = await replies(sender, [get_user("A", "one"), get_user("a", "two")])
    assert b"one" in bytes(found["A"].body)
    assert b"two" in bytes(found["a"].body)


async def test_an_empty_success_has_an_empty_body(graph: Any, sender: Sender) -> None:
    Service(graph, lambda one: (204, None, {}))
    found = await replies(sender, patches(1))
    assert (found["p0"].status, bytes(found["p0"].body)) == (204, b"")


async def test_a_refusal_is_told_to_its_own_call_alone(
    graph: Any, sender: Sender
) -> None:
    conflict = {
        "code": "Request_BadRequest",
        "message": "taken",
        "details": [{"code": "ObjectConflict", "target": "userPrincipalName"}],
    }

    def inner(one: dict[str, Any]) -> Any:
        if "user3" in one["url"]:
            return 400, {"error": conflict}, {}
        return 204, None, {}

    Service(graph, inner)
    found = await replies(sender, patches(25))
    bad = found.pop("p3")
    assert isinstance(bad.error, PermanentProviderError)
    assert (bad.error.code, bad.error.target) == ("ObjectConflict", "userPrincipalName")
    assert not bad.ambiguous
    assert all(reply.error is None for reply in found.values())


async def test_throttled_calls_go_again_after_the_longest_wait(
    graph: Any, sender: Sender
) -> None:
    def wait(one: dict[str, Any]) -> Any:
        seconds = "0.3" if "user7" in one["url"] else "0.01"
        return 429, {"error": {"code": "TooManyRequests"}}, {"retry-after": seconds}

    first = True

    def inner(one: dict[str, Any]) -> Any:
        return wait(one) if first else (204, None, {})

    service = Service(graph, inner)
    began = time.monotonic()

    async def later() -> None:
        nonlocal first
        await asyncio.sleep(0.15)
        first = False

    found, _ = await asyncio.gather(replies(sender, patches(20)), later())
    assert time.monotonic() - began >= 0.3
    assert all(reply.status == 204 for reply in found.values())
    assert len(service.batches) == 2


async def test_a_storm_of_inner_throttling_passes(graph: Any, sender: Sender) -> None:
    service = Service(graph, once(THROTTLED, THROTTLED, THROTTLED))
    found = await replies(sender, creates(100))
    assert all(reply.error is None for reply in found.values())
    assert len(service.urls()) == 400
    assert len(service.batches) <= 24


async def test_a_storm_that_does_not_pass_ends(graph: Any, sender: Sender) -> None:
    endless = (429, {"error": {"code": "TooManyRequests"}}, {"Retry-After": "0.001"})
    service = Service(graph, lambda one: endless)
    found = await replies(sender, creates(5))
    assert all(
        isinstance(reply.error, TransientProviderError)
        and not reply.ambiguous
        and reply.status == 429
        for reply in found.values()
    )
    assert len(service.batches) <= 30


async def test_a_create_answered_by_an_error_is_not_sent_again(
    graph: Any, sender: Sender
) -> None:
    service = Service(graph, lambda one: BUSY)
    found = await replies(sender, creates(3))
    assert all(reply.ambiguous for reply in found.values())
    assert len(service.batches) == 1


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
    graph: Any, sender: Sender, call: Call
) -> None:
    service = Service(graph, once(BUSY, BUSY))
    found = await replies(sender, [call])
    assert found["x"].error is None
    assert len(service.batches) == 3


async def test_a_restore_refused_after_a_lost_answer_is_ambiguous(
    graph: Any, sender: Sender
) -> None:
    gone = (404, {"error": {"code": "Request_ResourceNotFound"}}, {})
    Service(graph, once(BUSY, gone))
    found = await replies(sender, [restore_user("r", "1")])
    assert found["r"].ambiguous


async def test_a_restore_refused_at_once_is_refused(graph: Any, sender: Sender) -> None:
    Service(graph, once((404, {"error": {"code": "Request_ResourceNotFound"}}, {})))
    found = await replies(sender, [restore_user("r", "1")])
    assert isinstance(found["r"].error, PermanentProviderError)


async def test_a_call_without_an_answer_goes_again_unless_it_creates(
    graph: Any, sender: Sender
) -> None:
    Service(graph, once(None))
    found = await replies(sender, [*creates(1), *patches(1)])
    assert found["c0"].ambiguous
    assert found["p0"].error is None


@pytest.mark.parametrize("how", ["unavailable", "html", "cut", "truncated", "slow"])
async def test_a_whole_request_of_unknown_fate_repeats_only_what_may_be(
    graph: Any, credential: Any, limiter: Limiter, how: str
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
    service = Service(graph)
    plain = service.answer
    rest = [bad]
    graph._handlers.clear()
    graph.on("POST", r"/\$batch", lambda r: rest.pop() if rest else plain(r))
    found = await replies(Sender(adapter, limiter), [*creates(2), *patches(2)])
    assert [found[key].ambiguous for key in ("c0", "c1", "p0", "p1")] == [
        True,
        True,
        False,
        False,
    ]
    assert found["p0"].error is found["p1"].error is None
    await adapter.close()


async def test_a_whole_request_that_was_throttled_is_sent_again_with_its_creates(
    graph: Any, sender: Sender
) -> None:
    service = Service(graph)
    plain = service.answer
    rest = [graph.fails(429, "TooManyRequests", retry_after="0.01")] * 3
    graph._handlers.clear()
    graph.on("POST", r"/\$batch", lambda r: rest.pop() if rest else plain(r))
    found = await replies(sender, creates(3))
    assert all(reply.error is None for reply in found.values())


async def test_a_request_that_never_arrived_creates_nothing_twice(
    credential: Any, limiter: Limiter
) -> None:
    from provisioner.providers.graph.adapter import open_adapter

    adapter = open_adapter(credential, base_url="http://127.0.0.1:9/v1.0")
    found = await replies(Sender(adapter, limiter), creates(2))
    assert all(
        isinstance(reply.error, TransientProviderError) and not reply.ambiguous
        for reply in found.values()
    )
    await adapter.close()


async def test_a_denied_request_is_told_to_every_call(
    graph: Any, sender: Sender
) -> None:
    graph.on("POST", r"/\$batch", graph.fails(403, "Authorization_RequestDenied"))
    found = await replies(sender, patches(30))
    assert all(isinstance(r.error, PermanentProviderError) for r in found.values())
    assert len(graph.requests) == 2


async def test_a_dependent_call_waits_with_its_parent_and_travels_with_it(
    graph: Any, sender: Sender
) -> None:
    service = Service(graph, once(THROTTLED))
    chains = [
        call
        for n in range(15)
        for call in (
            patch_user(f"a{n}", f"user{n}", {}),
            Call(f"b{n}", "PATCH", f"/users/user{n}", {"b": n}, (f"a{n}",)),
        )
    ]
    found = await replies(sender, chains)
    assert all(reply.error is None for reply in found.values())
    for calls in service.batches:
        ids = {one["id"] for one in calls}
        assert all(set(one.get("dependsOn", ())) <= ids for one in calls)
        assert len(calls) <= 20


async def test_a_dependent_goes_alone_once_its_parent_is_done(
    graph: Any, sender: Sender
) -> None:
    def inner(one: dict[str, Any]) -> Any:
        return (201, {}, {}) if one["method"] == "POST" else flaky(one)

    flaky = once(THROTTLED)
    service = Service(graph, inner)
    calls = [*creates(1), Call("d", "PATCH", "/users/1", {}, ("c0",))]
    found = await replies(sender, calls)
    assert all(reply.error is None for reply in found.values())
    assert [one["method"] for one in service.batches[1]] == ["PATCH"]
    assert "dependsOn" not in service.batches[1][0]


async def test_what_depends_on_a_failure_says_so(graph: Any, sender: Sender) -> None:
    denied = (403, {"error": {"code": "Authorization_RequestDenied"}}, {})
    Service(graph, lambda one: denied)
    calls = [
        *creates(1),
        Call("d", "PATCH", "/users/1", {}, ("c0",)),
        Call("e", "PATCH", "/users/1", {}, ("d",)),
    ]
    found = await replies(sender, calls)
    assert (found["d"].status, found["e"].status) == (424, 424)
    assert isinstance(found["d"].error, PermanentProviderError)
    assert "Authorization_RequestDenied" in str(found["e"].error)


async def test_what_depends_on_a_doubtful_create_is_not_attempted(
    graph: Any, sender: Sender
) -> None:
    Service(graph, lambda one: BUSY)
    found = await replies(sender, [*creates(1), Call("d", "GET", "/a", None, ("c0",))])
    assert found["c0"].ambiguous
    assert isinstance(found["d"].error, TransientProviderError)
    assert not found["d"].ambiguous


@pytest.mark.parametrize(
    "calls",
    [
        [Call("a", "GET", "/"), Call("a", "GET", "/")],
        [Call("a", "GET", "/", None, ("b",)), Call("b", "GET", "/")],
        [Call(str(n), "GET", "/", None, (str(n - 1),) if n else ()) for n in range(21)],
    ],
    ids=["one id twice", "a later parent", "a chain of twenty-one"],
)
async def test_calls_that_cannot_be_sent_are_a_mistake_of_the_caller(
    sender: Sender, calls: list[Call]
) -> None:
    with pytest.raises(ValueError, match=r"."):
        await replies(sender, calls)


async def test_chains_that_meet_become_one(graph: Any, sender: Sender) -> None:
    service = Service(graph)
    calls = [Call(f"x{n}", "GET", f"/x{n}") for n in range(19)]
    calls += [Call("y", "GET", "/y"), Call("z", "GET", "/z")]
    calls += [Call("end", "GET", "/end", None, ("y", "z"))]
    await replies(sender, calls)
    together = next(c for c in service.batches if any(o["url"] == "/end" for o in c))
    assert {"/y", "/z", "/end"} <= {one["url"] for one in together}


async def test_writes_are_paced_by_the_quota(graph: Any, adapter: GraphAdapter) -> None:
    Service(graph, lambda one: (201, {"id": "1"}, {}))
    limiter = Limiter(
        writes_per_window=200,
        window_seconds=1.0,
        rng=random.Random(2),  # noqa: S311
    )
    began = time.monotonic()
    await replies(Sender(adapter, limiter), creates(400))
    assert 0.9 <= time.monotonic() - began <= 1.5


async def test_a_batch_given_up_half_way_leaves_nothing_running(
    graph: Any, sender: Sender
) -> None:
    Service(graph)
    generator = batch(sender, creates(400))
    await generator.__anext__()
    await generator.aclose()
    assert len(asyncio.all_tasks()) <= 2


async def test_replies_come_before_the_last_call_is_sent(
    graph: Any, sender: Sender
) -> None:
    service = Service(graph)
    async for _ in batch(sender, creates(800)):
        assert len(service.batches) < 40
        break


async def test_a_password_never_stands_in_an_error(graph: Any, sender: Sender) -> None:
    Service(graph, lambda one: (400, {"error": {"code": "Bad", "message": "m"}}, {}))
    body = {"passwordProfile": {"password": "hunter2-secret"}}
    found = await replies(sender, [create_user("c", body)])
    error = found["c"].error
    assert isinstance(error, ProvisionerError)
    assert "hunter2" not in str(error) + repr(error) + repr(found["c"])


def test_a_user_name_is_quoted_in_a_path() -> None:
    assert get_user("x", "a'b#c@d.example").url.startswith("/users/a%27b%23c%40d")

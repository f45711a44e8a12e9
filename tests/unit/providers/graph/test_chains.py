"""Calls that depend on each other travel together and share their fate."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.errors import PermanentProviderError, TransientProviderError
from provisioner.providers.graph.batch import Call
from provisioner.providers.graph.calls import patch_user

pytestmark = pytest.mark.anyio


async def test_a_dependent_call_waits_with_its_parent_and_travels_with_it(
    batches: Any,
) -> None:
    batches.serve(batches.once(batches.throttled))
    chains = [
        call
        for n in range(15)
        for call in (
            patch_user(f"a{n}", f"user{n}", {}),
            Call(f"b{n}", "PATCH", f"/users/user{n}", {"b": n}, (f"a{n}",)),
        )
    ]
    found = await batches.replies(chains)
    assert all(reply.error is None for reply in found.values())
    for calls in batches.seen:
        ids = {one["id"] for one in calls}
        assert all(set(one.get("dependsOn", ())) <= ids for one in calls)
        assert len(calls) <= 20


async def test_a_dependent_goes_alone_once_its_parent_is_done(batches: Any) -> None:
    def inner(one: dict[str, Any]) -> Any:
        return (201, {}, {}) if one["method"] == "POST" else flaky(one)

    flaky = batches.once(batches.throttled)
    batches.serve(inner)
    calls = [*batches.creates(1), Call("d", "PATCH", "/users/1", {}, ("c0",))]
    found = await batches.replies(calls)
    assert all(reply.error is None for reply in found.values())
    assert [one["method"] for one in batches.seen[1]] == ["PATCH"]
    assert "dependsOn" not in batches.seen[1][0]


async def test_what_depends_on_a_failure_says_so(batches: Any) -> None:
    denied = (403, {"error": {"code": "Authorization_RequestDenied"}}, {})
    batches.serve(lambda one: denied)
    calls = [
        *batches.creates(1),
        Call("d", "PATCH", "/users/1", {}, ("c0",)),
        Call("e", "PATCH", "/users/1", {}, ("d",)),
    ]
    found = await batches.replies(calls)
    assert (found["d"].status, found["e"].status) == (424, 424)
    assert isinstance(found["d"].error, PermanentProviderError)
    assert "Authorization_RequestDenied" in str(found["e"].error)


async def test_what_depends_on_a_doubtful_create_is_not_attempted(batches: Any) -> None:
    batches.serve(lambda one: batches.busy)
    found = await batches.replies(
        [*batches.creates(1), Call("d", "GET", "/a", None, ("c0",))]
    )
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
    calls: list[Call], batches: Any
) -> None:
    with pytest.raises(ValueError, match=r"."):
        await batches.replies(calls)


async def test_chains_that_meet_become_one(batches: Any) -> None:
    batches.serve()
    calls = [Call(f"x{n}", "GET", f"/x{n}") for n in range(19)]
    calls += [Call("y", "GET", "/y"), Call("z", "GET", "/z")]
    calls += [Call("end", "GET", "/end", None, ("y", "z"))]
    await batches.replies(calls)
    together = next(c for c in batches.seen if any(o["url"] == "/end" for o in c))
    assert {"/y", "/z", "/end"} <= {one["url"] for one in together}

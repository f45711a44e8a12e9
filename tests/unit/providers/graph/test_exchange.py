"""The Exchange gateway against a scripted server: what it refuses, repeats and gives up."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

import pytest

from provisioner.errors import (
    ForeignHost,
    PermanentProviderError,
    TransientProviderError,
)
from provisioner.model.cluster import Tenant
from provisioner.providers.graph import limiter as limiter_module
from provisioner.providers.graph.exchange import InvokeCommand, Result, open_exchange
from provisioner.providers.graph.exchange_command import (
    Command,
    get_mailbox,
    new_shared_mailbox,
    set_mailbox,
)
from provisioner.providers.graph.exchange_faults import NOT_FOUND
from provisioner.providers.graph.exchange_wire import decode_mailbox

pytestmark = pytest.mark.anyio

BASE = "/adminapi/beta/t"
SINGLE = f"{BASE}/InvokeCommand"
BATCH = rf"{BASE}/\$batch"


@pytest.fixture
async def exchange(
    graph: Any, credential: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[InvokeCommand]:
    monkeypatch.setattr(limiter_module, "_LONGEST_BACKOFF", 0.01)
    tenant = Tenant("galil", "t", "c", "", "", (), exchange="invoke_command")
    one = open_exchange(
        tenant,
        credential=credential,
        base_url=graph.url,
        rng=random.Random(7),  # noqa: S311
    )
    yield one
    await one.close()


def row(number: int) -> dict[str, str]:
    return {
        "ExternalDirectoryObjectId": f"id-{number}",
        "PrimarySmtpAddress": f"moked{number}@rameh.example",
    }


def answers(graph: Any, inner: Any) -> None:
    """Answer each command of a batch by `inner(name, parameters)`: status, body, headers."""

    def answer(request: Any) -> Any:
        found = []
        for one in request.json["requests"]:
            given = one["body"]["CmdletInput"]
            said = inner(given["CmdletName"], given["Parameters"])
            if said is not None:
                status, body, headers = said
                found.append(
                    {"id": one["id"], "status": status, "body": body}
                    | {"headers": headers}
                )
        return graph.ok({"responses": found})

    graph.on("POST", BATCH, answer)


def rows(*found: Any, link: str = "") -> tuple[int, Any, dict[str, str]]:
    more = {"@odata.nextLink": link} if link else {}
    return 200, {"value": list(found), **more}, {}


def refused(status: int, exception: str) -> tuple[int, Any, dict[str, str]]:
    text = f"Ex6F9304|Microsoft.Exchange.{exception}|It did not work."
    error = {"code": "BadRequest", "message": "no", "details": {"message": text}}
    return status, {"error": error}, {}


async def ended(
    exchange: InvokeCommand, commands: Iterable[Command]
) -> dict[str, Result]:
    return {one.id: one async for one in exchange.run(commands)}


async def test_a_link_to_another_host_is_refused_before_it_is_asked(
    graph: Any, elsewhere: Any, exchange: InvokeCommand
) -> None:
    link = f"{elsewhere.url}/adminapi/beta/t/InvokeCommand"
    graph.on("POST", SINGLE, graph.page(row(1), next=link))
    with pytest.raises(ForeignHost):
        await exchange.shared_mailboxes()
    answers(graph, lambda name, given: rows(row(1), link=link))
    found = await ended(exchange, [get_mailbox("a", "moked1@rameh.example")])
    assert isinstance(found["a"].error, ForeignHost)
    assert found["a"].rows == ()
    assert elsewhere.requests == []


async def test_a_redirect_takes_the_token_nowhere(
    graph: Any, elsewhere: Any, exchange: InvokeCommand
) -> None:
    away = graph.ok(status=307, location=f"{elsewhere.url}{SINGLE}")
    graph.on("POST", SINGLE, away)
    elsewhere.on("POST", ".*", elsewhere.page(row(1)))
    with pytest.raises((PermanentProviderError, TransientProviderError)):
        await exchange.shared_mailboxes()
    assert not any("authorization" in one.headers for one in elsewhere.requests)


async def test_pages_are_read_to_their_end_by_posting_the_command_again(
    graph: Any, exchange: InvokeCommand
) -> None:
    first = graph.page(row(1), next=f"{graph.url}{BASE}/next")
    graph.on("POST", SINGLE, first)
    graph.on("POST", f"{BASE}/next", graph.page(row(2)))
    found = await exchange.shared_mailboxes()
    assert [one.external_directory_object_id for one in found] == ["id-1", "id-2"]
    one, two = graph.requests
    assert one.json == two.json


async def test_pages_that_go_round_in_a_circle_are_an_error(
    graph: Any, exchange: InvokeCommand
) -> None:
    graph.on("POST", SINGLE, graph.page(row(1), next=f"{graph.url}{BASE}/p1"))
    graph.on("POST", f"{BASE}/p1", graph.page(row(2), next=f"{graph.url}{BASE}/p1"))
    with pytest.raises(TransientProviderError, match="circle"):
        await exchange.shared_mailboxes()
    assert len(graph.requests) == 2


async def test_a_create_of_unknown_fate_is_told_and_not_sent_again(
    graph: Any, exchange: InvokeCommand
) -> None:
    answers(graph, lambda name, given: (503, {"error": {"code": "Busy"}}, {}))
    create = new_shared_mailbox(
        "a", name="n", alias="n", address="moked@rameh.example", display_name="Desk"
    )
    found = await ended(exchange, [create])
    assert found["a"].ambiguous
    assert len(graph.asked(BATCH)) == 1


async def test_what_a_command_of_unknown_fate_did_can_be_read_back(
    graph: Any, exchange: InvokeCommand
) -> None:
    """The answer is cut off after the work was done; the state tells so."""
    hidden = False

    def answer(name: str, given: dict[str, Any]) -> Any:
        nonlocal hidden
        if name == "New-Mailbox":
            hidden = True
            return None
        return rows(row(1)) if hidden else refused(404, f"Tasks.{NOT_FOUND}")

    answers(graph, answer)
    create = new_shared_mailbox("a", name="n", alias="n", address="x", display_name="D")
    found = await ended(exchange, [create])
    assert found["a"].ambiguous
    seen = await ended(exchange, [get_mailbox("b", "x")])
    assert decode_mailbox(seen["b"].rows[0]).external_directory_object_id == "id-1"


async def test_a_setting_of_unknown_fate_is_sent_again(
    graph: Any, exchange: InvokeCommand
) -> None:
    done: Iterator[Any] = iter([(503, None, {}), None, rows()])
    answers(graph, lambda name, given: next(done))
    found = await ended(exchange, [set_mailbox("a", "x", Type="Shared")])
    assert found["a"].error is None
    assert len(graph.asked(BATCH)) == 3


async def test_a_command_that_is_throttled_waits_the_fraction_it_was_told(
    graph: Any, exchange: InvokeCommand
) -> None:
    busy = (429, {"error": {"code": "TooManyRequests"}}, {"Retry-After": "0.375"})
    sent: dict[str, list[float]] = {"a": [], "b": []}

    def answer(name: str, given: dict[str, Any]) -> Any:
        times = sent[given["Identity"]]
        times.append(time.monotonic())
        return busy if given["Identity"] == "a" and len(times) == 1 else rows(row(1))

    answers(graph, answer)
    found = await ended(exchange, [get_mailbox("1", "a"), get_mailbox("2", "b")])
    assert [one.error for one in found.values()] == [None, None]
    first, second = sent["a"]
    assert second - first >= 0.375
    assert len(sent["b"]) == 1


async def test_a_batch_that_is_throttled_waits_too(
    graph: Any, exchange: InvokeCommand
) -> None:
    busy = graph.fails(429, "TooManyRequests", retry_after="0.25")
    whole = graph.ok({"responses": [{"id": "0", "status": 200, "body": {"value": []}}]})
    graph.on("POST", BATCH, busy, whole)
    began = time.monotonic()
    found = await ended(exchange, [get_mailbox("1", "a")])
    assert found["1"].error is None
    assert time.monotonic() - began >= 0.25


async def test_a_storm_of_throttling_ends(graph: Any, exchange: InvokeCommand) -> None:
    busy = (429, {"error": {"code": "TooManyRequests"}}, {"Retry-After": "0.001"})
    answers(graph, lambda name, given: busy)
    found = await ended(exchange, [get_mailbox("1", "a")])
    assert isinstance(found["1"].error, TransientProviderError)
    assert len(graph.requests) <= 30


async def test_an_expired_token_is_renewed_and_the_batch_sent_again(
    graph: Any, exchange: InvokeCommand
) -> None:
    whole = graph.ok({"responses": [{"id": "0", "status": 200, "body": {"value": []}}]})
    graph.on("POST", BATCH, graph.fails(401, "Unauthorized"), whole)
    found = await ended(exchange, [get_mailbox("1", "a")])
    assert found["1"].error is None
    tokens = [one.headers["authorization"] for one in graph.requests]
    assert tokens == ["Bearer token-1", "Bearer token-2"]


async def test_a_token_that_runs_out_within_a_batch_costs_one_more(
    graph: Any, exchange: InvokeCommand
) -> None:
    said = iter([(401, {"error": {"code": "Unauthorized"}}, {}), rows(row(1))])
    answers(graph, lambda name, given: next(said))
    found = await ended(exchange, [get_mailbox("1", "a")])
    assert found["1"].error is None


async def test_a_token_refused_again_and_again_is_an_error_that_names_the_right(
    graph: Any, exchange: InvokeCommand
) -> None:
    answers(graph, lambda name, given: (401, {"error": {"code": "Unauthorized"}}, {}))
    found = await ended(exchange, [get_mailbox("1", "a")])
    assert "Exchange.ManageAsApp" in str(found["1"].error)
    assert len(graph.requests) == 2


async def test_the_exception_decides_whatever_the_status(
    graph: Any, exchange: InvokeCommand
) -> None:
    answers(graph, lambda name, given: refused(500, f"Tasks.{NOT_FOUND}"))
    found = await ended(exchange, [get_mailbox("1", "a")])
    assert isinstance(found["1"].error, PermanentProviderError)
    assert found["1"].error.code == NOT_FOUND
    assert len(graph.requests) == 1


async def test_each_command_has_exactly_one_result(
    graph: Any, exchange: InvokeCommand
) -> None:
    """Silence about one command is no answer for it, and none for the others."""
    seen: dict[str, int] = {}

    def answer(name: str, given: dict[str, Any]) -> Any:
        who = given["Identity"]
        seen[who] = seen.get(who, 0) + 1
        return None if who == "7" and seen[who] == 1 else rows(row(int(who)))

    answers(graph, answer)
    commands = [get_mailbox(str(n), str(n)) for n in range(25)]
    found = [one async for one in exchange.run(commands)]
    assert sorted(int(one.id) for one in found) == list(range(25))
    assert all(one.error is None for one in found)
    assert max(len(one.json["requests"]) for one in graph.requests) == 10


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"value": 3}'])
async def test_an_unreadable_list_is_no_empty_one(
    graph: Any, exchange: InvokeCommand, body: bytes
) -> None:
    graph.on("POST", SINGLE, graph.ok(body))
    with pytest.raises((PermanentProviderError, TransientProviderError)):
        await exchange.shared_mailboxes()

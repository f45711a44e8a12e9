"""Collections are read to their end or not at all."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.errors import (
    ForeignHost,
    PermanentProviderError,
    TransientProviderError,
)
from provisioner.providers.graph.pager import collect, pages
from provisioner.providers.graph.sender import Sender
from provisioner.providers.graph.wire import Page

pytestmark = pytest.mark.anyio

Numbers = Page[int]


def linked(graph: Any, *answers: Any) -> None:
    """Serve `answers` as pages one after the other at /p0, /p1 …"""
    for number, answer in enumerate(answers):
        if isinstance(answer.body, dict) and number < len(answers) - 1:
            answer.body["@odata.nextLink"] = f"{graph.url}/p{number + 1}"
        graph.on("GET", f"/p{number}", answer)


async def test_an_empty_page_with_a_link_is_not_the_end(
    graph: Any, sender: Sender
) -> None:
    linked(graph, graph.page(1), graph.page(), graph.page(), graph.page(2, 3))
    assert await collect(sender.read, "/p0", Numbers) == [1, 2, 3]


async def test_the_delta_link_comes_with_the_last_page(
    graph: Any, sender: Sender
) -> None:
    linked(graph, graph.page(1), graph.page(delta="http://d"))
    links = [page.delta_link async for page in pages(sender.read, "/p0", Numbers)]
    assert links == ["", "http://d"]


async def test_a_link_to_another_host_is_refused_before_it_is_asked(
    graph: Any, elsewhere: Any, sender: Sender
) -> None:
    graph.on("GET", "/p0", graph.page(1, next=f"{elsewhere.url}/p1"))
    with pytest.raises(ForeignHost):
        await collect(sender.read, "/p0", Numbers)
    assert elsewhere.requests == []


async def test_pages_that_go_round_in_a_circle_are_an_error(
    graph: Any, sender: Sender
) -> None:
    graph.on("GET", "/p0", graph.page(1, next=f"{graph.url}/p0"))
    with pytest.raises(TransientProviderError, match="circle"):
        await collect(sender.read, "/p0", Numbers)
    assert len(graph.requests) == 2


async def test_an_empty_page_may_lead_to_itself_but_not_for_ever(
    graph: Any, sender: Sender
) -> None:
    again = graph.page(next=f"{graph.url}/p1")
    graph.on("GET", "/p0", graph.page(1, next=f"{graph.url}/p1"))
    graph.on("GET", "/p1", again, again, graph.page(2))
    assert await collect(sender.read, "/p0", Numbers) == [1, 2]
    graph.on("GET", "/q0", graph.page(next=f"{graph.url}/q0"))
    with pytest.raises(TransientProviderError, match="circle"):
        await collect(sender.read, "/q0", Numbers)


@pytest.mark.parametrize("how", ["html", "cut", "truncated", "throttled", "busy"])
async def test_a_page_that_fails_for_a_while_is_asked_for_again_in_place(
    graph: Any, sender: Sender, how: str
) -> None:
    bad = {
        "html": graph.html(502),
        "cut": graph.cut({"value": [9]}),
        "truncated": graph.ok(b'{"value":[2'),
        "throttled": graph.fails(429, "TooManyRequests", retry_after="0.01"),
        "busy": graph.fails(503, retry_after="0"),
    }[how]
    graph.on("GET", "/p0", graph.page(1, next=f"{graph.url}/p1"))
    graph.on("GET", "/p1", bad, bad, graph.page(2))
    assert await collect(sender.read, "/p0", Numbers) == [1, 2]
    assert [one.path for one in graph.requests] == ["/p0", "/p1", "/p1", "/p1"]


async def test_a_page_that_fails_for_good_fails_the_whole(
    graph: Any, sender: Sender
) -> None:
    linked(graph, graph.page(1), graph.fails(500, "Broken"), graph.page(3))
    with pytest.raises(TransientProviderError):
        await collect(sender.read, "/p0", Numbers)
    assert 3 <= len(graph.asked("/p1")) <= 10


async def test_a_page_that_is_denied_fails_at_once(graph: Any, sender: Sender) -> None:
    linked(graph, graph.page(1), graph.fails(403, "Authorization_RequestDenied"))
    with pytest.raises(PermanentProviderError, match="permission"):
        await collect(sender.read, "/p0", Numbers)
    assert len(graph.asked("/p1")) == 1


@pytest.mark.parametrize("body", [b'{"values":[]}', b'{"value":["a"]}', b"[]", b"7"])
async def test_an_answer_of_another_shape_is_no_empty_page(
    graph: Any, sender: Sender, body: bytes
) -> None:
    graph.on("GET", "/p0", graph.ok(body))
    with pytest.raises(PermanentProviderError, match="unexpected shape"):
        await collect(sender.read, "/p0", Numbers)


async def test_an_empty_body_is_no_empty_page(graph: Any, sender: Sender) -> None:
    graph.on("GET", "/p0", graph.ok())
    with pytest.raises(TransientProviderError):
        await collect(sender.read, "/p0", Numbers)


async def test_a_storm_of_throttling_ends(graph: Any, sender: Sender) -> None:
    graph.on("GET", "/p0", graph.fails(429, "TooManyRequests", retry_after="0.001"))
    with pytest.raises(TransientProviderError):
        await collect(sender.read, "/p0", Numbers)
    assert len(graph.requests) <= 30

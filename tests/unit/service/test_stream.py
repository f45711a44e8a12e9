"""A run is followed over HTTP: from any point, by several, and only from here."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import pytest
import uvicorn

from provisioner.model.run import Run, RunStatus
from provisioner.service.endpoints import Endpoints
from provisioner.service.stream import resume_after, run_events
from provisioner.store import Store

Get = Callable[..., Any]


@pytest.fixture
def server(store: Store) -> Iterator[str]:
    app = Endpoints(lambda: "", lambda: None, lambda: b"", partial(run_events, store))
    config = uvicorn.Config(
        app, port=0, lifespan="off", log_config=None, timeout_graceful_shutdown=3
    )
    one = uvicorn.Server(config)
    thread = threading.Thread(target=one.run, daemon=True)
    thread.start()
    while not one.started:
        assert thread.is_alive()
    port = one.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/api/v1/runs"
    one.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


def parts(text: str) -> list[dict[str, str]]:
    frames = [one for one in text.split("\n\n") if one and not one.startswith(":")]
    return [
        dict(line.split(": ", 1) for line in frame.splitlines()) for frame in frames
    ]


def begun(store: Store, *texts: str) -> str:
    run = Run("run-1", "apply", "dana", datetime.now(UTC))
    store.runs.start(run)
    for text in texts:
        store.runs.add_event(run.id, "phase", text)
    return run.id


def test_events_come_as_they_happen_and_the_stream_ends_with_the_run(
    store: Store, server: str
) -> None:
    run_id = begun(store, "observe", "two\nlines")
    seen: list[str] = []
    with httpx.stream("GET", f"{server}/{run_id}/events", timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            seen.append(line)
            if "two" in line:
                store.runs.add_event(run_id, "phase", "verify")
                store.runs.finish(run_id, RunStatus.SUCCEEDED)
    found = parts("\n".join(seen))
    assert [one.get("id") for one in found] == ["1", "2", "3", None]
    texts = [json.loads(one["data"])["text"] for one in found[:3]]
    assert texts == ["observe", "two\nlines", "verify"]
    assert found[3]["event"] == "end"
    assert json.loads(found[3]["data"])["status"] == "succeeded"


def test_who_comes_back_goes_on_where_they_were(store: Store, server: str) -> None:
    run_id = begun(store, "one", "two", "three")
    store.runs.finish(run_id, RunStatus.SUCCEEDED)
    url, last = f"{server}/{run_id}/events", {"Last-Event-ID": "2"}
    again = parts(httpx.get(url, headers=last).text)
    assert [one.get("id") for one in again] == ["3", None]
    whole = parts(httpx.get(url, headers={"Last-Event-ID": "no number"}).text)
    assert len(whole) == 4


def test_a_reader_that_goes_away_holds_nothing_up(store: Store, server: str) -> None:
    run_id = begun(store, "one")
    with httpx.stream("GET", f"{server}/{run_id}/events", timeout=20) as answer:
        next(answer.iter_lines())
    # The fixture ends the server, which waits for nobody.


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", ""])
def test_a_page_of_the_web_cannot_read_it(store: Store, server: str, host: str) -> None:
    run_id = begun(store, "one")
    answer = httpx.get(f"{server}/{run_id}/events", headers={"Host": host})
    assert answer.status_code in (400, 404)
    assert "one" not in answer.text


def test_a_run_that_is_not_known_is_not_found(server: str) -> None:
    answer = httpx.get(f"{server}/nothing/events")
    assert (answer.status_code, "There is no run" in answer.text) == (404, True)


@pytest.mark.parametrize(
    ("given", "after"), [("7", 7), ("", 0), ("-1", 0), ("١", 0), ("1e9", 0), (" 3 ", 3)]
)
def test_what_is_no_number_means_from_the_start(given: str, after: int) -> None:
    assert resume_after(given) == after

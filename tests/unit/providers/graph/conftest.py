"""A scripted `$batch`, and the calls that go into it."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from provisioner.model.cluster import Tenant
from provisioner.providers.graph import limiter as limiter_module
from provisioner.providers.graph.batch import Call, Reply, batch
from provisioner.providers.graph.calls import create_user, patch_user
from provisioner.providers.graph.directory import Directory, open_directory
from provisioner.providers.graph.sender import Sender


class Batches:
    """The `$batch` of a scripted Graph, and who sends to it."""

    def __init__(self, graph: Any, sender: Sender) -> None:
        self._graph = graph
        self._sender = sender
        self._inner: Any = None
        self.seen: list[list[dict[str, Any]]] = []

    busy = (503, {"error": {"code": "ServiceUnavailable"}}, {})
    throttled = (429, {"error": {"code": "TooManyRequests"}}, {"Retry-After": "0.05"})

    def serve(self, inner: Any = None, first: Any = None) -> None:
        """Answer each call by `inner`: (status, body, headers), or None for silence.

        The whole first request is answered by `first` where given.
        """
        self._inner = inner or (lambda one: (200, {"id": one["url"]}, {}))
        whole = [first] if first else []
        self._graph.on("POST", r"/\$batch", *whole, self.answer)

    def answer(self, request: Any) -> Any:
        calls = request.json["requests"]
        self.seen.append(calls)
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
        return [one["url"] for calls in self.seen for one in calls]

    async def replies(
        self, calls: Iterable[Call], sender: Sender | None = None
    ) -> dict[str, Reply]:
        """Every reply by id; fails where a call was answered twice or not at all."""
        wanted = list(calls)
        found: dict[str, Reply] = {}
        async for reply in batch(sender or self._sender, wanted):
            assert reply.id not in found
            found[reply.id] = reply
        assert found.keys() == {call.id for call in wanted}
        return found

    @staticmethod
    def patches(count: int) -> list[Call]:
        return [
            patch_user(f"p{n}", f"user{n}", {"jobTitle": "x"}) for n in range(count)
        ]

    @staticmethod
    def creates(count: int) -> list[Call]:
        return [
            create_user(f"c{n}", {"displayName": f"מספר {n}"}) for n in range(count)
        ]

    @staticmethod
    def once(*answers: Any) -> Any:
        """For each URL the answers one after the other, and then its success."""
        seen: dict[str, int] = {}

        def inner(one: dict[str, Any]) -> Any:
            key = json.dumps(one.get("body")) + one["url"]
            number = seen[key] = seen.get(key, -1) + 1
            return answers[number] if number < len(answers) else (200, {"id": "1"}, {})

        return inner


@pytest.fixture
async def batches(graph: Any, sender: Sender) -> Batches:
    return Batches(graph, sender)


class Nowhere:
    """Snapshots that are never there."""

    def load(self, tenant: str) -> None:
        return None

    def replace(self, tenant: str, **_: Any) -> None:
        return None

    append = replace


@pytest.fixture
async def directory(
    graph: Any, credential: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Directory]:
    monkeypatch.setattr(limiter_module, "_LONGEST_BACKOFF", 0.01)
    tenant = Tenant("galil", "t", "c", "", "", ("EXCHANGESTANDARD",))
    one = await open_directory(
        tenant,
        credential=credential,
        base_url=graph.url,
        snapshots=Nowhere(),
        now=lambda: datetime.now(UTC),
    )
    yield one
    await one.close()

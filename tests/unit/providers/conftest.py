"""A scripted Graph: a real HTTP server on loopback whose answers each test lays out."""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import trustme
import uvicorn
from azure.core.credentials import AccessToken

from provisioner.providers.graph.adapter import GraphAdapter, open_adapter
from provisioner.providers.graph.limiter import Limiter
from provisioner.providers.graph.sender import Sender


@dataclass
class Request:
    """What the server was asked."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """What it says; `cut` promises more bytes than it sends and hangs up."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    delay: float = 0.0

    @property
    def octets(self) -> bytes:
        if self.body is None:
            return b""
        return (
            self.body
            if isinstance(self.body, bytes)
            else json.dumps(self.body).encode()
        )


Handler = Callable[[Request], Answer]


def _headers(named: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in named.items()}


class ScriptedGraph:
    """Answers by method and path; a list is answered one after the other, then its last."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Request] = []
        self._handlers: list[tuple[str, str, Handler]] = []

    def on(self, method: str, path: str, *answers: Answer | Handler) -> None:
        """`path` is a regular expression for the whole path below `/v1.0`."""
        rest = list(answers)

        def answer(request: Request) -> Answer:
            one = rest.pop(0) if len(rest) > 1 else rest[0]
            return one(request) if callable(one) else one

        self._handlers.append((method, path, answer))

    @staticmethod
    def ok(body: Any = None, *, status: int = 200, **headers: str) -> Answer:
        """A success; `retry_after="1"` among the headers is `retry-after: 1`."""
        return Answer(status, body, _headers(headers))

    @staticmethod
    def fails(
        status: int,
        code: str = "",
        message: str = "no",
        details: Any = (),
        **headers: str,
    ) -> Answer:
        """An error in the vendor's shape."""
        about = {"code": code, "message": message, "details": list(details)}
        return Answer(status, {"error": about}, _headers(headers))

    @staticmethod
    def page(*items: Any, next: str = "", delta: str = "") -> Answer:
        """A page of a collection; links are paths below `/v1.0` or whole URLs."""
        links = {"@odata.nextLink": next, "@odata.deltaLink": delta}
        return Answer(
            200, {"value": list(items)} | {k: v for k, v in links.items() if v}
        )

    @staticmethod
    def html(status: int) -> Answer:
        """What a gateway says in Graph's place."""
        return Answer(
            status, b"<html>Bad", {"content-type": "text/html; charset=utf-8"}
        )

    @staticmethod
    def cut(body: Any) -> Answer:
        """An answer whose connection breaks before its end."""
        return Answer(200, body, cut=True)

    @staticmethod
    def slow(seconds: float, body: Any = None) -> Answer:
        return Answer(200, body, delay=seconds)

    def asked(self, path: str = ".*") -> list[Request]:
        return [one for one in self.requests if re.fullmatch(path, one.path)]

    def answer(self, request: Request) -> Answer:
        for method, path, handler in self._handlers:
            if method == request.method and re.fullmatch(path, request.path):
                return handler(request)
        return self.fails(400, "Request_UnsupportedQuery", f"unscripted {request.path}")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (event := await receive()).get("more_body"):
            body += event["body"]
        body += event.get("body", b"")
        request = Request(
            scope["method"],
            scope["path"].removeprefix("/v1.0"),
            scope["query_string"].decode(),
            {name.decode(): value.decode() for name, value in scope["headers"]},
            body,
        )
        self.requests.append(request)
        answer = self.answer(request)
        await asyncio.sleep(answer.delay)
        headers = {"content-type": "application/json"} | answer.headers
        length = len(answer.octets) + (100 if answer.cut else 0)
        headers["content-length"] = str(length)
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
            }
        )
        await send(
            {
                "type": "http.response.body",
                "body": answer.octets,
                "more_body": answer.cut,
            }
        )


class _Front:
    """The one application of the server: whatever script stands on stage."""

    def __init__(self) -> None:
        self.script: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.script(scope, receive, send)


class Server:
    """uvicorn in a thread, on a port of its own."""

    def __init__(self, **tls: Any) -> None:
        self.front = _Front()
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        config = uvicorn.Config(
            self.front, log_level="critical", lifespan="off", ws="none", **tls
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=lambda: self._server.run(sockets=[self._socket]), daemon=True
        )

    def __enter__(self) -> Server:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()

    def play(self, scheme: str = "http") -> ScriptedGraph:
        script = ScriptedGraph()
        script.url = f"{scheme}://127.0.0.1:{self.port}/v1.0"
        self.front.script = script
        return script


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with Server() as one:
        yield one


@pytest.fixture(scope="session")
def other_server() -> Iterator[Server]:
    with Server() as one:
        yield one


@pytest.fixture
def graph(server: Server) -> ScriptedGraph:
    return server.play()


@pytest.fixture
def elsewhere(other_server: Server) -> ScriptedGraph:
    """Another host (by its port), which must never be spoken to."""
    return other_server.play()


class Credential:
    """Gives numbered tokens and remembers the claims it was asked with."""

    def __init__(self) -> None:
        self.claims: list[str | None] = []
        self.closed = False

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        self.claims.append(options.get("claims"))
        await asyncio.sleep(0.01)
        return AccessToken(f"token-{len(self.claims)}", int(time.time()) + 3600)

    async def close(self) -> None:
        self.closed = True


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def credential() -> Credential:
    return Credential()


@pytest.fixture
async def adapter(
    graph: ScriptedGraph, credential: Credential
) -> AsyncIterator[GraphAdapter]:
    one = open_adapter(credential, base_url=graph.url, timeout=5)  # type: ignore[arg-type]
    yield one
    await one.close()


@pytest.fixture
async def limiter() -> Limiter:
    """Wide open, with short backoffs."""
    return Limiter(
        writes_per_window=100_000,
        window_seconds=1.0,
        rng=random.Random(7),  # noqa: S311
        unit=0.005,
    )


@pytest.fixture
async def sender(adapter: GraphAdapter, limiter: Limiter) -> Sender:
    return Sender(adapter, limiter)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture(scope="session")
def tls_server(
    authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    pem = tmp_path_factory.mktemp("tls") / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
        str(pem)
    )
    with Server(ssl_certfile=str(pem), ssl_keyfile=str(pem)) as one:
        yield one


@pytest.fixture
def tls_graph(tls_server: Server) -> ScriptedGraph:
    """A server whose certificate is of a private authority."""
    return tls_server.play("https")

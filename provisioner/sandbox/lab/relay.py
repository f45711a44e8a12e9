"""The ways into the lab: a loopback port per host for SSH, and an HTTP proxy."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlsplit

from provisioner.sandbox.listening import LOOPBACK, tcp

_CHUNK = 1 << 16
_PATIENCE = 10.0

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Dialler:
    """Connects to hosts: `fresh` makes a TCP socket that lives in the lab."""

    def __init__(self, fresh: Callable[[], socket.socket]) -> None:
        self._fresh = fresh

    async def __call__(self, address: str, port: int) -> Stream:
        """A connection; raises `OSError` where nobody answers."""
        outgoing = self._fresh()
        try:
            async with asyncio.timeout(_PATIENCE):
                loop = asyncio.get_running_loop()
                await loop.sock_connect(outgoing, (address, port))
                return await asyncio.open_connection(sock=outgoing)
        except BaseException:
            outgoing.close()
            raise


async def relay(wished: int, dial: Dialler, address: str, port: int) -> asyncio.Server:
    """Pass a loopback port on to a host; `wished` where that port is still free."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            beyond = await dial(address, port)
        except OSError:
            writer.close()
            return
        await _join((reader, writer), beyond)

    return await asyncio.start_server(serve, sock=tcp(wished))


async def proxy(
    wished: int, dial: Dialler, resolve: Callable[[str], str | None]
) -> asyncio.Server:
    """An HTTP proxy (RFC 9110, section 9.3.6) whose only names are those `resolve` has."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await _pass_on((reader, writer), dial, resolve)
        writer.close()

    return await asyncio.start_server(serve, sock=tcp(wished))


async def _pass_on(
    client: Stream, dial: Dialler, resolve: Callable[[str], str | None]
) -> None:
    reader, writer = client
    head = await reader.readuntil(b"\r\n\r\n")
    first, _, rest = head.decode("latin-1").partition("\r\n")
    method, target, *_ = [*first.split(" "), "", ""]
    tunnel = method == "CONNECT"
    try:
        asked = urlsplit(f"//{target}" if tunnel else target)
        name, port = asked.hostname or "", asked.port or (443 if tunnel else 80)
    except ValueError:
        name, port = "", 0
    address = resolve(name)
    if address is None:
        writer.write(_refusal(502, f"The lab has no host or site {name!r}."))
        return
    try:
        beyond = await dial(address, port)
    except OSError as error:
        writer.write(_refusal(504, f"{name}:{port} does not answer: {error}."))
        return
    if tunnel:
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
    else:
        path = asked._replace(scheme="", netloc="").geturl() or "/"
        beyond[1].write(_to_origin(method, path, rest))
    await _join(client, beyond)


def _to_origin(method: str, path: str, rest: str) -> bytes:
    """The request's head as its own server wants it: one request, then the end, because
    the next one on this connection could be meant for another server."""
    kept = [
        line
        for line in rest.split("\r\n")
        if line
        and not line.lower().startswith(("proxy-", "connection:", "keep-alive:"))
    ]
    lines = [f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _refusal(status: int, text: str) -> bytes:
    body = f"{text}\n".encode()
    head = f"HTTP/1.1 {status} Lab\r\nContent-Type: text/plain; charset=utf-8\r\n"
    head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


async def _join(one: Stream, other: Stream) -> None:
    """Copy both ways until both sides have ended."""
    try:
        await asyncio.gather(_copy(one[0], other[1]), _copy(other[0], one[1]))
    finally:
        for _, writer in (one, other):
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(_CHUNK):
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


def port_of(server: asyncio.Server) -> int:
    """The loopback port a relay or proxy got."""
    return int(server.sockets[0].getsockname()[1])


def address_of(port: int) -> str:
    """The URL of a proxy on loopback."""
    return f"http://{LOOPBACK}:{port}"

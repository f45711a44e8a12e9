"""The sandbox's loopback sockets, and the certificate of its https side."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

import trustme

from provisioner.errors import SandboxError
from provisioner.sandbox.folder import Folder, Ports, write_private

LOOPBACK = "127.0.0.1"


class Listening:
    """Bound sockets; each port is the wished one where that is still free."""

    def __init__(self, wished: Ports) -> None:
        self.http = tcp(wished.http)
        self.https = tcp(wished.https)
        self.dns = _udp_and_tcp(wished.dns)
        self.ports = Ports(_port(self.http), _port(self.https), _port(self.dns[1]))


def tcp(wished: int) -> socket.socket:
    """A listening loopback socket on the wished port, or on any where it is taken."""
    with suppress(OSError):
        return _bound(wished)
    return _bound(0)


def _bound(port: int) -> socket.socket:
    """A stream socket that says it is TCP: asyncio switches Nagle's algorithm off only
    then, and with it every answer of two writes would wait 40 ms for the peer."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((LOOPBACK, port))
        bound.listen(512)
    except OSError:
        bound.close()
        raise
    return bound


def _udp_and_tcp(wished: int) -> tuple[socket.socket, socket.socket]:
    """A datagram and a stream socket on one port."""
    for _ in range(50):
        stream = tcp(wished)
        datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            datagram.bind((LOOPBACK, _port(stream)))
            return datagram, stream
        except OSError:
            datagram.close()
            stream.close()
            wished = 0
    raise SandboxError("No port is free for both UDP and TCP on loopback.")


def _port(bound: socket.socket) -> int:
    return int(bound.getsockname()[1])


def tls_of(folder: Folder) -> ssl.SSLContext:
    """A server context whose authority stays the same over restarts of the folder."""
    if folder.authority.is_file() and folder.authority_key.is_file():
        authority = trustme.CA.from_pem(
            folder.authority.read_bytes(), folder.authority_key.read_bytes()
        )
    else:
        authority = trustme.CA()
        write_private(folder.authority_key, authority.private_key_pem.bytes())
        write_private(folder.authority, authority.cert_pem.bytes())
    leaf = authority.issue_cert(LOOPBACK, "localhost")
    chain = b"".join(one.bytes() for one in leaf.cert_chain_pems)
    write_private(folder.leaf, leaf.private_key_pem.bytes() + chain)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder.leaf)
    return context

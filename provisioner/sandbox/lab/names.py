"""Answers hosts that ask who has a name: the lab's own names and no others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

_TTL = 5


def answer(resolve: Callable[[str], str | None], wire: bytes) -> bytes | None:
    """The answer to one query: A for what `resolve` has, nothing of other types, and
    NXDOMAIN for every other name; None for what is no query."""
    try:
        query = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return None
    if query.flags & dns.flags.QR or len(query.question) != 1:
        return None
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA | dns.flags.RA
    asked = query.question[0]
    address = resolve(asked.name.to_text(omit_final_dot=True))
    if address is None:
        response.set_rcode(dns.rcode.NXDOMAIN)
    elif asked.rdtype == dns.rdatatype.A:
        response.answer.append(
            dns.rrset.from_text(asked.name, _TTL, "IN", "A", address)
        )
    return response.to_wire()


class NameService(asyncio.DatagramProtocol):
    """One UDP socket that answers; started by `create_datagram_endpoint`."""

    def __init__(self, resolve: Callable[[str], str | None]) -> None:
        self._resolve = resolve

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Until Python 3.12 asyncio's own is no subclass of DatagramTransport.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = answer(self._resolve, data)
        if reply is not None:
            self._transport.sendto(reply, addr)

"""The sandbox's DNS server: authoritative answers over UDP and TCP on loopback.

Messages are read and written by dnspython; what they say comes from `zones`.
"""

from __future__ import annotations

import asyncio
import socket
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT
import dns.rrset

from provisioner.sandbox.zones import Zones

_TTL = 60
_PLAIN_UDP = 512
_IN = dns.rdataclass.IN


def answer(zones: Zones, wire: bytes, *, udp: bool) -> bytes | None:
    """The answer to one query, None where nothing is to be sent.

    NXDOMAIN for a name that is not there, an empty answer with SOA for one that has no
    record of the type (RFC 2308), REFUSED outside our zones, TC where UDP is too small.
    """
    try:
        query = dns.message.from_wire(wire)
    except dns.exception.DNSException:
        return None
    if query.flags & dns.flags.QR or len(query.question) != 1:
        return None
    response = dns.message.make_response(query)
    asked = query.question[0]
    name = asked.name.to_text(omit_final_dot=True).lower()
    zones.refresh()
    failure = zones.failure(name)
    if failure == "silent":
        return None
    if failure == "servfail":
        response.set_rcode(dns.rcode.SERVFAIL)
    else:
        _fill(response, zones, name, dns.rdatatype.to_text(asked.rdtype))
    if not udp:
        return response.to_wire(max_size=65535)
    room = query.payload if query.edns >= 0 else _PLAIN_UDP
    return response.to_wire(max_size=max(room, _PLAIN_UDP), prefer_truncation=True)


def _fill(response: dns.message.Message, zones: Zones, name: str, asked: str) -> None:
    apex = zones.apex(name)
    if apex is None:
        response.set_rcode(dns.rcode.REFUSED)
        return
    response.flags |= dns.flags.AA
    # A CNAME is followed as far as our own zones reach, eight steps at most.
    for _ in range(8):
        values = _values(zones, name, asked)
        alias = zones.lookup(name, "CNAME") if asked != "CNAME" else ()
        if not values and alias:
            response.answer.append(_rrset(name, "CNAME", alias))
            name = alias[0].lower().rstrip(".")
            if zones.apex(name) is None:
                return
            continue
        if values:
            response.answer.append(_rrset(name, asked, values))
            return
        break
    zone = zones.apex(name) or apex
    if not zones.exists(name):
        response.set_rcode(dns.rcode.NXDOMAIN)
    response.authority.append(_rrset(zone, "SOA", _values(zones, zone, "SOA")))


def _values(zones: Zones, name: str, asked: str) -> tuple[str, ...]:
    if name in zones.host.apexes and asked == "SOA":
        return (f"ns.{name}. hostmaster.{name}. 1 3600 600 86400 {_TTL}",)
    if name in zones.host.apexes and asked == "NS":
        return (f"ns.{name}.",)
    return zones.lookup(name, asked)


def _rrset(name: str, type_: str, values: tuple[str, ...]) -> dns.rrset.RRset:
    owner = dns.name.from_text(name)
    return dns.rrset.from_rdata(owner, _TTL, *(_rdata(type_, one) for one in values))


def _rdata(type_: str, value: str) -> dns.rdata.Rdata:
    """Rdata of zone file text; TXT is any text, cut into strings of 255 bytes."""
    if type_ != "TXT":
        root = dns.name.root
        return dns.rdata.from_text(_IN, type_, value, origin=root, relativize=False)
    raw = value.encode()
    strings = [raw[start : start + 255] for start in range(0, len(raw), 255)] or [b""]
    return dns.rdtypes.ANY.TXT.TXT(_IN, dns.rdatatype.TXT, strings)


def refusal(type_: str, values: tuple[str, ...]) -> str:
    """Why these values cannot be published, "" where they can."""
    try:
        for one in values:
            _rdata(type_, one)
    except (dns.exception.DNSException, ValueError) as error:
        return f"{type_} {error}"
    return ""


class DnsServer:
    """One port, UDP and TCP, in the running event loop."""

    def __init__(self, zones: Zones) -> None:
        self._zones = zones
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None

    async def start(self, sockets: tuple[socket.socket, socket.socket]) -> None:
        """Serve on two bound sockets, the datagram one first."""
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._zones), sock=sockets[0]
        )
        self._tcp = await asyncio.start_server(self._stream, sock=sockets[1])

    def stop(self) -> None:
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()

    async def _stream(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                length = int.from_bytes(await reader.readexactly(2), "big")
                wire = await reader.readexactly(length)
                reply = answer(self._zones, wire, udp=False)
                if reply is None:
                    continue
                writer.write(len(reply).to_bytes(2, "big") + reply)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, zones: Zones) -> None:
        self._zones = zones

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Until Python 3.12 asyncio's own is no subclass of DatagramTransport.
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = answer(self._zones, data, udp=True)
        if reply is not None:
            self._transport.sendto(reply, addr)

"""The sandbox's DNS host: what it answers, when, and how it fails."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from threading import Event, Thread

import dns.message
import dns.query
import dns.rcode
import dns.resolver
import dnslib
import msgspec
import pytest

from provisioner.sandbox.dns import DnsServer, answer, refusal
from provisioner.sandbox.zones import Host, Record, Zones, records_of

NOF = "nof.example"
WANTED = {
    NOF: [
        Record(NOF, "TXT", "MS=ms12345678"),
        Record(NOF, "TXT", "v=spf1 include:spf.protection.outlook.com ~all"),
        Record(NOF, "MX", "0 nof-example.mail.protection.outlook.com"),
        Record("autodiscover.nof.example", "CNAME", "autodiscover.outlook.com"),
        *records_of(NOF, "galil.onmicrosoft.example"),
    ]
}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def zones_of(host: Host | None = None, clock: Clock | None = None) -> Zones:
    return Zones(host or Host(), lambda: WANTED, clock or Clock())


def ask(
    zones: Zones, name: str, type_: str, *, udp: bool = True
) -> dns.message.Message:
    query = dns.message.make_query(name, type_)
    reply = answer(zones, query.to_wire(), udp=udp)
    assert reply is not None
    return dns.message.from_wire(reply)


@pytest.fixture
def served() -> Iterator[tuple[Zones, int]]:
    """A real server on an ephemeral port in a loop of its own."""
    zones, ready, ports = zones_of(), Event(), []
    loop = asyncio.new_event_loop()
    ends = asyncio.Event()

    async def serve() -> None:
        tcp = socket.create_server(("127.0.0.1", 0))
        ports.append(tcp.getsockname()[1])
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", ports[0]))
        server = DnsServer(zones)
        await server.start((udp, tcp))
        ready.set()
        await ends.wait()
        server.stop()

    thread = Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    ready.wait(5)
    yield zones, ports[0]
    loop.call_soon_threadsafe(ends.set)
    thread.join(5)
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def resolver_of(port: int) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port, resolver.lifetime = ["127.0.0.1"], port, 1.0
    return resolver


def test_a_diligent_host_answers_what_the_tenant_wants(
    served: tuple[Zones, int],
) -> None:
    resolver = resolver_of(served[1])
    (mx,) = resolver.resolve(NOF, "MX")
    assert mx.to_text() == "0 nof-example.mail.protection.outlook.com."
    texts = {b"".join(one.strings).decode() for one in resolver.resolve(NOF, "TXT")}
    assert texts == {
        one.text for one in WANTED[NOF] if (one.name, one.type) == (NOF, "TXT")
    }
    (dkim,) = resolver.resolve("selector2._domainkey.NOF.example", "CNAME", tcp=True)
    expected = "selector2-nof-example._domainkey.galil.onmicrosoft.example."
    assert dkim.target.to_text() == expected
    (dmarc,) = resolver.resolve("_dmarc." + NOF, "TXT")
    assert dmarc.strings == (b"v=DMARC1; p=quarantine",)


def test_another_library_reads_the_same_answer(served: tuple[Zones, int]) -> None:
    query = dnslib.DNSRecord.question(NOF, "MX")
    reply = dnslib.DNSRecord.parse(query.send("127.0.0.1", served[1], timeout=2))
    assert reply.header.aa == 1
    assert [str(one.rdata) for one in reply.rr] == [
        "0 nof-example.mail.protection.outlook.com."
    ]


def test_a_missing_name_and_a_missing_type_are_told_apart(
    served: tuple[Zones, int],
) -> None:
    resolver = resolver_of(served[1])
    with pytest.raises(dns.resolver.NXDOMAIN):
        resolver.resolve("www." + NOF, "A")
    with pytest.raises(dns.resolver.NoAnswer):
        resolver.resolve(NOF, "A")
    with pytest.raises(dns.resolver.NoAnswer):
        resolver.resolve("_domainkey." + NOF, "TXT")
    assert ask(served[0], "elsewhere.example", "A").rcode() == dns.rcode.REFUSED
    assert ask(served[0], NOF, "SOA").answer


def test_a_failing_host_answers_servfail_or_not_at_all(
    served: tuple[Zones, int],
) -> None:
    zones, port = served
    resolver = resolver_of(port)
    zones.fail(NOF, "servfail")
    with pytest.raises(dns.resolver.NoNameservers):
        resolver.resolve("_dmarc." + NOF, "TXT")
    zones.fail(NOF, "silent")
    resolver.lifetime = 0.3
    with pytest.raises(dns.resolver.LifetimeTimeout):
        resolver.resolve(NOF, "MX")
    assert zones.resolve_txt(NOF) == []
    zones.mend()
    assert resolver.resolve(NOF, "MX")


def test_an_answer_too_large_for_udp_is_cut_and_whole_over_tcp() -> None:
    zones = zones_of()
    zones.set_by_hand(NOF, "TXT", tuple(f"{n}:" + "x" * 300 for n in range(9)))
    short = ask(zones, NOF, "TXT")
    assert short.flags & dns.flags.TC
    whole = ask(zones, NOF, "TXT", udp=False)
    assert len(whole.answer[0]) == 9
    assert {len(b"".join(one.strings)) for one in whole.answer[0]} == {302}


def test_a_manual_host_has_only_what_was_set_by_hand() -> None:
    zones = zones_of(Host(mode="manual", apexes={NOF}))
    assert zones.resolve_txt(NOF) == []
    assert ask(zones, NOF, "MX").rcode() == dns.rcode.NOERROR
    zones.set_by_hand(NOF + ".", "txt", ("MS=ms12345678",))
    assert zones.resolve_txt("NOF.example.") == ["MS=ms12345678"]


def test_records_appear_after_the_publishing_delay() -> None:
    clock = Clock()
    zones = zones_of(Host(publish_delay=30), clock)
    assert zones.resolve_txt(NOF) == []
    clock.now += 29
    assert zones.resolve_txt(NOF) == []
    clock.now += 1
    assert len(zones.resolve_txt(NOF)) == 2


def test_an_override_hides_what_is_published_until_it_is_mended() -> None:
    zones = zones_of()
    zones.override(NOF, "MX", ("10 mail.elsewhere.example",))
    assert "elsewhere" in ask(zones, NOF, "MX").answer[0].to_text()
    zones.override(NOF, "MX", ())
    assert not ask(zones, NOF, "MX").answer
    zones.mend()
    assert "outlook" in ask(zones, NOF, "MX").answer[0].to_text()


def test_what_the_host_remembers_survives_a_restart() -> None:
    clock = Clock()
    zones = zones_of(Host(publish_delay=30), clock)
    zones.override(NOF, "MX", ("10 mail.elsewhere.example",))
    zones.set_by_hand("www." + NOF, "A", ("192.0.2.7",))
    zones.fail("_dmarc." + NOF, "servfail")
    clock.now += 30
    again = zones_of(msgspec.json.decode(zones.remembered(), type=Host), clock)
    assert again.entries() == zones.entries()
    assert again.failure("_dmarc." + NOF) == "servfail"
    assert len(again.resolve_txt(NOF)) == 2


@pytest.mark.parametrize("wire", [b"", b"\x00" * 11, b"\xff" * 40])
def test_noise_gets_no_answer(wire: bytes) -> None:
    assert answer(zones_of(), wire, udp=True) is None


def test_an_answer_is_not_answered() -> None:
    query = dns.message.make_query(NOF, "MX")
    query.flags |= dns.flags.QR
    assert answer(zones_of(), query.to_wire(), udp=True) is None


def test_values_that_no_record_can_hold_are_told() -> None:
    assert refusal("MX", ("ten mail.example",))
    assert refusal("NOTYPE", ("x",))
    assert not refusal("MX", ("10 mail.example",))

"""What DNS answers, what it means when it does not, and the records we want there."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import dns.rrset
import dns.zone
import pytest
from dnslib import RCODE, RR
from dnslib.server import BaseResolver, DNSServer

from provisioner.errors import (
    PermanentProviderError,
    SettingsInvalid,
    TransientProviderError,
)
from provisioner.providers.dns import DnsRecord, Resolver, mail_records

pytestmark = pytest.mark.anyio

LONG = "v=DKIM1; p=" + "A" * 300
ZONE = f"""
rameh.example. 60 IN MX 10 Backup.Example.
rameh.example. 60 IN MX 0 rameh-example.mail.protection.outlook.com.
rameh.example. 60 IN TXT "v=spf1 include:spf.protection.outlook.com" " -all"
rameh.example. 60 IN TXT "MS=ms1"
autodiscover.rameh.example. 60 IN CNAME autodiscover.outlook.com.
long.example. 60 IN TXT "{LONG[:255]}" "{LONG[255:]}"
"""


class Zone(BaseResolver):
    """Answers from `ZONE`; names that begin so fail: `servfail`, `refused`, `silent`."""

    def __init__(self) -> None:
        self.records = RR.fromZone(ZONE)
        self.asked = 0

    def resolve(self, request: Any, handler: Any) -> Any:
        self.asked += 1
        name = str(request.q.qname).lower()
        reply = request.reply()
        if name.startswith("silent"):
            raise TimeoutError
        if name.startswith("servfail"):
            reply.header.rcode = RCODE.SERVFAIL
        elif name.startswith("refused"):
            reply.header.rcode = RCODE.REFUSED
        named = [one for one in self.records if str(one.rname).lower() == name]
        for one in named:
            if one.rtype == request.q.qtype:
                reply.add_answer(one)
        if not named and not reply.header.rcode:
            reply.header.rcode = RCODE.NXDOMAIN
        return reply


class Quiet:
    """dnslib's log, unheard."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None


@pytest.fixture(scope="module")
def nameserver() -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = DNSServer(Zone(), "127.0.0.1", port, logger=Quiet())
    server.start_thread()
    yield f"127.0.0.1:{port}"
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture
async def resolver(nameserver: str) -> Resolver:
    return Resolver((nameserver,), timeout=2)


async def test_records_come_as_text(resolver: Resolver) -> None:
    assert await resolver.lookup("rameh.example", "MX") == (
        "0 rameh-example.mail.protection.outlook.com.",
        "10 Backup.Example.",
    )
    assert await resolver.lookup("rameh.example", "TXT") == (
        "MS=ms1",
        "v=spf1 include:spf.protection.outlook.com -all",
    )
    assert await resolver.lookup("autodiscover.rameh.example.", "CNAME") == (
        "autodiscover.outlook.com.",
    )
    assert await resolver.lookup("long.example", "TXT") == (LONG,)


@pytest.mark.parametrize(
    "question", [("nobody.example", "MX"), ("autodiscover.rameh.example", "TXT")]
)
async def test_what_surely_is_not_there_is_empty(
    resolver: Resolver, question: tuple[str, str]
) -> None:
    assert await resolver.lookup(*question) == ()


@pytest.mark.parametrize("name", ["servfail.example", "refused.example"])
async def test_what_nobody_knows_is_not_empty(resolver: Resolver, name: str) -> None:
    with pytest.raises(TransientProviderError, match=name):
        await resolver.lookup(name, "MX")


async def test_silence_is_not_empty(nameserver: str) -> None:
    resolver = Resolver((nameserver,), timeout=0.3)
    with pytest.raises(TransientProviderError):
        await resolver.lookup("silent.example", "MX")


async def test_the_second_name_server_is_asked_when_the_first_is_dead(
    nameserver: str,
) -> None:
    resolver = Resolver(("127.0.0.1:9", nameserver), timeout=4)
    assert len(await resolver.lookup("rameh.example", "MX")) == 2


@pytest.mark.parametrize("name", ["a..b.example", "x" * 64 + ".example"])
async def test_what_is_no_name_is_told(resolver: Resolver, name: str) -> None:
    with pytest.raises(PermanentProviderError, match="no domain name"):
        await resolver.lookup(name, "MX")


async def test_many_questions_each_have_their_answer_or_error(
    resolver: Resolver,
) -> None:
    good = [("rameh.example", "MX"), ("nobody.example", "TXT")]
    bad = ("servfail.example", "MX")
    answers = await resolver.lookup_many([*good, bad, good[0]])
    assert answers.keys() == {*good, bad}
    assert isinstance(answers[bad], TransientProviderError)
    assert answers[good[1]] == ()


async def test_hundreds_at_once_are_answered(resolver: Resolver) -> None:
    lookups = (resolver.lookup("rameh.example", "MX") for _ in range(300))
    assert len(set(await asyncio.gather(*lookups))) == 1


@pytest.mark.parametrize("text", ["ns.example:53", "1.2.3.4:x", "1.2.3", "::1:y"])
def test_a_name_server_must_be_an_address(text: str) -> None:
    with pytest.raises(SettingsInvalid, match="no name server"):
        Resolver((text,))


@pytest.mark.parametrize("text", ["9.9.9.9", "9.9.9.9:5353", "[2620:fe::9]:53"])
def test_addresses_with_and_without_port_are_taken(text: str) -> None:
    assert Resolver((text,))


def parsed(record: DnsRecord) -> dns.rrset.RRset:
    """The record as a zone file reads it."""
    zone = dns.zone.from_text(
        record.text(), origin="example.", relativize=False, check_origin=False
    )
    ((name, rdataset),) = zone.iterate_rdatasets()
    return dns.rrset.from_rdata_list(name, rdataset.ttl, list(rdataset))


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (
            DnsRecord("rameh.example", "MX", "mx.outlook.com", 0),
            "rameh.example. 3600 IN MX 0 mx.outlook.com.",
        ),
        (
            DnsRecord("rameh.example.", "CNAME", "a.example.", ttl=60),
            "rameh.example. 60 IN CNAME a.example.",
        ),
        (
            DnsRecord("rameh.example", "TXT", 'say "hi" \\ now'),
            'rameh.example. 3600 IN TXT "say \\"hi\\" \\\\ now"',
        ),
    ],
    ids=["MX", "CNAME", "TXT"],
)
def test_a_record_is_a_line_to_paste(record: DnsRecord, text: str) -> None:
    assert record.text() == text
    assert parsed(record).name.to_text() == "rameh.example."


@pytest.mark.parametrize("value", [LONG, "ערך", 'quote " back \\ slash', "v=spf1 -all"])
def test_any_text_survives_a_zone_file(value: str) -> None:
    (data,) = parsed(DnsRecord("rameh.example", "TXT", value))
    assert b"".join(data.strings).decode() == value
    assert all(len(one) <= 255 for one in data.strings)


def test_what_mail_wants_in_dns() -> None:
    name = "sub.rameh.example"
    mx = DnsRecord(name, "MX", "sub-rameh-example.mail.protection.outlook.com")
    spf = DnsRecord(name, "TXT", "v=spf1 include:spf.protection.outlook.com -all")
    auto = DnsRecord(f"autodiscover.{name}", "CNAME", "autodiscover.outlook.com")
    lync = DnsRecord(f"lyncdiscover.{name}", "CNAME", "x.example")
    proof = DnsRecord(name, "TXT", "MS=ms1")
    records = mail_records(
        name, (mx, spf, auto, lync, proof), "galil.onmicrosoft.com", "v=DMARC1; p=none"
    )
    assert [one.text().partition(" ")[0] for one in records] == [
        "sub.rameh.example.",
        "sub.rameh.example.",
        "autodiscover.sub.rameh.example.",
        "selector1._domainkey.sub.rameh.example.",
        "selector2._domainkey.sub.rameh.example.",
        "_dmarc.sub.rameh.example.",
    ]
    assert records[3].value == (
        "selector1-sub-rameh-example._domainkey.galil.onmicrosoft.com"
    )
    assert records[5].text().endswith('IN TXT "v=DMARC1; p=none"')


def test_without_an_initial_domain_there_is_no_dkim() -> None:
    records = mail_records("rameh.example", (), "", "v=DMARC1; p=none")
    assert [one.name for one in records] == ["_dmarc.rameh.example"]

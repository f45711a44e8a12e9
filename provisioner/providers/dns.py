"""What the world resolves, and the records that mail wants there."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from provisioner.errors import (
    PermanentProviderError,
    ProviderError,
    SettingsInvalid,
    TransientProviderError,
)

if TYPE_CHECKING:
    from dns.asyncresolver import Resolver as DnsPythonResolver
    from dns.rdata import Rdata

_TXT_CHUNK = 255
_AT_ONCE = 32
_DNS_PORT = 53

Question = tuple[str, str]


class DnsRecord(Struct, frozen=True, gc=False):
    """One record; `value` is the text, or a host name without its final dot.

    `preference` counts for MX only; `ttl` is in seconds.
    """

    name: str
    type: str
    value: str
    preference: int = 0
    ttl: int = 3600

    def text(self) -> str:
        """The line of a zone file, to be pasted as it is."""
        return f"{self.name.rstrip('.')}. {self.ttl} IN {self.type} {self._data()}"

    def _data(self) -> str:
        if self.type == "TXT":
            return _quoted(self.value)
        host = f"{self.value.rstrip('.')}."
        return f"{self.preference} {host}" if self.type == "MX" else host


def _quoted(value: str) -> str:
    """Character strings of at most 255 octets each (RFC 1035, 3.3)."""
    octets = value.encode()
    chunks = [octets[i : i + _TXT_CHUNK] for i in range(0, len(octets), _TXT_CHUNK)]
    return " ".join(f'"{_escaped(chunk)}"' for chunk in chunks or [b""])


def _escaped(chunk: bytes) -> str:
    return "".join(
        f"\\{chr(octet)}"
        if octet in b'"\\'
        else chr(octet)
        if 32 <= octet < 127
        else f"\\{octet:03}"
        for octet in chunk
    )


class Resolver:
    """Asks name servers, `host:port` each, or those of the system.

    `timeout` is how long one question may take in all, in seconds. Of all the questions
    asked at once, some thirty are on their way and the others wait their turn.
    """

    def __init__(
        self, nameservers: Sequence[str] = (), *, timeout: float = 5.0
    ) -> None:
        self._servers = [_server(one) for one in nameservers]
        self._timeout = timeout
        self._gate = asyncio.Semaphore(_AT_ONCE)
        self._resolver: DnsPythonResolver | None = None

    async def lookup(self, name: str, type: str) -> tuple[str, ...]:
        """The answers, sorted; () where the name or the type surely does not exist.

        MX as `0 host.`, CNAME as `host.`, TXT with its strings joined. Raises
        `TransientProviderError` where nobody knows (a time-out, SERVFAIL, a refusal) and
        `PermanentProviderError` for what is no domain name.
        """
        import dns.exception
        import dns.name
        import dns.resolver

        try:
            absolute = dns.name.from_text(name)
            async with self._gate:
                answer = await self._open().resolve(absolute, type)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (
            dns.name.LabelTooLong,
            dns.name.NameTooLong,
            dns.name.EmptyLabel,
        ) as bad:
            raise PermanentProviderError(f"{name!r} is no domain name: {bad}") from bad
        except (dns.exception.DNSException, OSError) as error:
            raise TransientProviderError(
                f"DNS does not answer for {name} {type}: {error}"
            ) from error
        return tuple(sorted(map(_text, answer)))

    async def lookup_many(
        self, questions: Iterable[Question]
    ) -> dict[Question, tuple[str, ...] | ProviderError]:
        """The answer to each question, or the error that stands for "unknown"."""
        unique = list(dict.fromkeys(questions))
        answers = await asyncio.gather(*map(self._answer_or_error, unique))
        return dict(zip(unique, answers, strict=True))

    async def _answer_or_error(
        self, question: Question
    ) -> tuple[str, ...] | ProviderError:
        try:
            return await self.lookup(*question)
        except ProviderError as error:
            return error

    def _open(self) -> DnsPythonResolver:
        """dnspython is imported on the first question, not when the program starts."""
        if self._resolver is None:
            import dns.asyncresolver
            import dns.nameserver

            resolver = dns.asyncresolver.Resolver(configure=not self._servers)
            if self._servers:
                resolver.nameservers = [
                    dns.nameserver.Do53Nameserver(host, port)
                    for host, port in self._servers
                ]
            resolver.lifetime = self._timeout
            resolver.timeout = self._timeout / 2
            self._resolver = resolver
        return self._resolver


def _server(text: str) -> tuple[str, int]:
    host, colon, port = text.strip().rpartition(":")
    try:
        if not colon:
            return str(ipaddress.ip_address(port)), _DNS_PORT
        return str(ipaddress.ip_address(host.strip("[]"))), int(port)
    except ValueError:
        raise SettingsInvalid(
            f"{text!r} is no name server.",
            remedy="Write an address and a port, as in 9.9.9.9:53 or [2620:fe::9]:53.",
        ) from None


def _text(data: Rdata) -> str:
    strings: Sequence[bytes] | None = getattr(data, "strings", None)
    if strings is not None:
        return b"".join(strings).decode("utf-8", "replace")
    return data.to_text()


def mail_records(
    domain: str,
    service_records: Iterable[DnsRecord],
    initial_domain: str,
    dmarc: str,
) -> tuple[DnsRecord, ...]:
    """What mail for `domain` wants in DNS: MX, SPF, autodiscover, DKIM and DMARC.

    The first three are the tenant's own words (`service_records`); DKIM points into the
    tenant's initial domain ("" leaves it out); `dmarc` is the policy to publish.
    """
    records = [one for one in service_records if _for_mail(one)]
    dashed = domain.replace(".", "-")
    if initial_domain:
        records += [
            DnsRecord(
                f"{selector}._domainkey.{domain}",
                "CNAME",
                f"{selector}-{dashed}._domainkey.{initial_domain}",
            )
            for selector in ("selector1", "selector2")
        ]
    return (*records, DnsRecord(f"_dmarc.{domain}", "TXT", dmarc))


def _for_mail(record: DnsRecord) -> bool:
    if record.type == "TXT":
        return record.value.lower().startswith("v=spf1")
    if record.type == "CNAME":
        return record.name.lower().startswith("autodiscover.")
    return record.type == "MX"

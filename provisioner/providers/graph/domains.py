"""Domains of a tenant: adding, verifying and what they want to stand in DNS."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

import msgspec
from msgspec import Struct

from provisioner.errors import (
    PermanentProviderError,
    ProviderError,
    TransientProviderError,
)
from provisioner.providers.dns import DnsRecord
from provisioner.providers.graph.batch import batch
from provisioner.providers.graph.calls import Call
from provisioner.providers.graph.faults import unreadable
from provisioner.providers.graph.pager import collect
from provisioner.providers.graph.sender import Sender, nothing
from provisioner.providers.graph.wire import Domain, DomainRecord, Page

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Domain).decode
_decode_records = msgspec.json.Decoder(Page[DomainRecord]).decode
_MAY_EXIST = frozenset({400, 409})


class DomainState(Struct, frozen=True, gc=False):
    """A domain as the tenant has it; `services` are `Email` and the like."""

    name: str
    verified: bool
    services: tuple[str, ...]
    initial: bool = False


class Domains:
    """The domains of one tenant. Everything raises `ProviderError`."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def list(self) -> dict[str, DomainState]:
        """Every domain by its name."""
        found = await collect(self._sender.read, "/domains", Page[Domain])
        return {one.id: _state(one) for one in found}

    async def create(self, name: str) -> DomainState:
        """Add a domain, or find that this tenant already has it.

        An answer that was lost and a conflict are both settled by looking.
        """
        body = _encode({"id": name})
        try:
            return _state(
                await self._sender.send(
                    "POST", "/domains", body, decode=_decode, repeatable=False, writes=1
                )
            )
        except ProviderError as error:
            ambiguous = isinstance(error, TransientProviderError) and error.ambiguous
            known = None
            if ambiguous or error.status in _MAY_EXIST:
                known = await self._find(name)
            if known is None:
                raise
            return _state(known)

    async def verification_text(self, name: str) -> str:
        """The TXT value that proves the domain is ours, `MS=ms…`."""
        path = f"{_path(name)}/verificationDnsRecords"
        for one in await collect(self._sender.read, path, Page[DomainRecord]):
            if (one.record_type or "").lower() == "txt" and one.text:
                return one.text
        raise PermanentProviderError(f"Graph names no TXT record to verify {name} by.")

    async def verify(self, name: str) -> DomainState:
        """Have the tenant look for the TXT record; fine where it has been found before.

        Raises `PermanentProviderError` (400) while the record cannot be seen.
        """
        path = f"{_path(name)}/verify"
        try:
            return _state(
                await self._sender.send("POST", path, decode=_decode, writes=1)
            )
        except PermanentProviderError as error:
            known = await self._find(name) if error.status == 400 else None
            if known is None or not known.is_verified:
                raise
            return _state(known)

    async def set_services(self, name: str, services: Sequence[str]) -> None:
        """Say what a verified domain is used for."""
        body = _encode({"supportedServices": list(services)})
        await self._sender.send("PATCH", _path(name), body, decode=nothing, writes=1)

    async def service_records(self, name: str) -> tuple[DnsRecord, ...]:
        """The records that mail wants in DNS: MX, TXT and CNAME."""
        path = f"{_path(name)}/serviceConfigurationRecords"
        return _records(await collect(self._sender.read, path, Page[DomainRecord]))

    async def service_records_of(
        self, names: Iterable[str]
    ) -> dict[str, tuple[DnsRecord, ...] | ProviderError]:
        """The same of many domains in batches; an error stands for "unknown"."""
        found: dict[str, tuple[DnsRecord, ...] | ProviderError] = {}
        calls = (
            Call(name, "GET", f"{_path(name)}/serviceConfigurationRecords")
            for name in names
        )
        async for reply in batch(self._sender, calls):
            if reply.error is not None:
                found[reply.id] = reply.error
                continue
            try:
                page = _decode_records(reply.body)
            except msgspec.DecodeError as error:
                found[reply.id] = unreadable(_path(reply.id), error)
                continue
            # A domain has a dozen records; more than a page is read in full.
            whole = not page.next_link
            found[reply.id] = (
                _records(page.value) if whole else await self.service_records(reply.id)
            )
        return found

    async def _find(self, name: str) -> Domain | None:
        try:
            return await self._sender.read(_path(name), _decode)
        except PermanentProviderError as error:
            if error.status == 404:
                return None
            raise


def _path(name: str) -> str:
    return f"/domains/{quote(name, safe='')}"


def _state(one: Domain) -> DomainState:
    return DomainState(
        one.id, bool(one.is_verified), one.supported_services, bool(one.is_initial)
    )


def _records(found: Iterable[DomainRecord]) -> tuple[DnsRecord, ...]:
    wanted = (one for one in found if (one.supported_service or "Email") == "Email")
    return tuple(record for one in wanted if (record := _record(one)) is not None)


def _record(one: DomainRecord) -> DnsRecord | None:
    kind = (one.record_type or "").upper()
    values = {"MX": one.mail_exchange, "TXT": one.text, "CNAME": one.canonical_name}
    value = values.get(kind)
    if not value or not one.label:
        return None
    return DnsRecord(one.label, kind, value, one.preference or 0, one.ttl or 3600)

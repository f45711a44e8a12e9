"""The Exchange gateway: what Graph cannot do, by the vendor's own command interface.

The interface is what the vendor's PowerShell module speaks. It is not documented and not
supported for others, so a tenant uses it only where the inventory says so.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Raw, Struct

from provisioner.errors import (
    PermanentProviderError,
    ProviderError,
    TransientProviderError,
)
from provisioner.model.cluster import Tenant
from provisioner.providers.graph.adapter import GraphAdapter, open_adapter
from provisioner.providers.graph.exchange_batch import Attempt, Round, send_round
from provisioner.providers.graph.exchange_command import Command, envelope
from provisioner.providers.graph.exchange_faults import explained
from provisioner.providers.graph.exchange_wire import (
    MAILBOX_SELECT,
    MailboxRow,
    decode_mailbox,
    decode_rows,
)
from provisioner.providers.graph.limiter import Limiter
from provisioner.providers.graph.sender import Sender, always

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

BATCH_SIZE = 10
_PAGE_SIZE = 1000
_CONCURRENCY = 4
_HOST = "outlook.office365.com"
_ANCHOR = "APP:SystemMailbox{{bb558c35-97f1-4cb9-8ff7-d53741dc928c}}@{}"
_encode = msgspec.json.Encoder().encode


class Result(Struct, frozen=True):
    """What became of one command; `error` is None exactly when it succeeded."""

    id: str
    rows: tuple[Raw, ...] = ()
    error: ProviderError | None = None

    @property
    def ambiguous(self) -> bool:
        """True where it may have been carried out all the same: read back."""
        return isinstance(self.error, TransientProviderError) and self.error.ambiguous


class ExchangeGateway(Protocol):
    """What the kinds need of Exchange, whichever way it is reached."""

    async def shared_mailboxes(self) -> list[MailboxRow]:
        """Every shared mailbox of the tenant, or `ProviderError`: never a part."""
        ...

    def run(self, commands: Iterable[Command]) -> AsyncIterator[Result]:
        """Carry out commands in any order; exactly one result each, as they come.

        A create of unknown fate is not sent again: its result is `ambiguous`.
        """
        ...

    async def close(self) -> None: ...


class InvokeCommand:
    """The gateway by `InvokeCommand` and its `$batch`, ten commands to a request."""

    def __init__(
        self,
        adapter: GraphAdapter,
        limiter: Limiter,
        tenant_id: str,
        may_write: Callable[[], None] = always,
    ) -> None:
        self._adapter = adapter
        self._sender = Sender(adapter, limiter, may_write)
        self._headers = {"X-AnchorMailbox": _ANCHOR.format(tenant_id)}

    @property
    def calls(self) -> int:
        """HTTP calls so far, tries included."""
        return self._sender.calls

    async def shared_mailboxes(self) -> list[MailboxRow]:
        wanted = {"RecipientTypeDetails": "SharedMailbox", "ResultSize": "Unlimited"}
        command = Command("shared", "Get-Mailbox", wanted)
        url = f"/InvokeCommand?$select={MAILBOX_SELECT}"
        return [decode_mailbox(row) for row in await self._pages(url, command)]

    async def run(self, commands: Iterable[Command]) -> AsyncIterator[Result]:
        pending = deque(Attempt(one) for one in commands)
        running: set[asyncio.Task[Round]] = set()
        try:
            while pending or running:
                while pending and len(running) < self._sender.limiter.concurrency:
                    size = min(BATCH_SIZE, len(pending))
                    chunk = [pending.popleft() for _ in range(size)]
                    running.add(asyncio.create_task(self._send(chunk)))
                done, running = await asyncio.wait(
                    running, return_when=asyncio.FIRST_COMPLETED
                )
                for one in [task.result() for task in done]:
                    pending.extend(one.again)
                    for attempt, answer in one.answers:
                        yield await self._result(attempt.command, answer)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _send(self, chunk: list[Attempt]) -> Round:
        found = await send_round(self._sender, chunk, self._headers)
        if found.delay:
            await asyncio.sleep(found.delay)
        return found

    async def _result(self, command: Command, answer: Raw | ProviderError) -> Result:
        if isinstance(answer, ProviderError):
            return Result(command.id, error=answer)
        try:
            page = decode_rows(answer) if bytes(answer) else None
            rows = page.value if page else []
            if page and page.next_link:
                rows += await self._pages(page.next_link, command)
        except ProviderError as error:
            return Result(command.id, error=error)
        except msgspec.DecodeError as error:
            wrong = PermanentProviderError(f"{command.name}: {error}.")
            return Result(command.id, error=wrong)
        return Result(command.id, tuple(rows))

    async def _pages(self, url: str, command: Command) -> list[Raw]:
        """All rows of a command: the same body is posted to each next link."""
        body = _encode(envelope(command))
        headers = {
            **self._headers,
            "Prefer": f"odata.maxpagesize={_PAGE_SIZE}",
            "X-CmdletName": command.name,
        }
        rows: list[Raw] = []
        seen = set[str]()
        while url and url not in seen:
            seen.add(url)
            try:
                page = await self._sender.send(
                    "POST", url, body, decode=decode_rows, headers=headers
                )
            except ProviderError as error:
                raise explained(error) from None
            rows += page.value
            url = page.next_link
        if url:
            raise TransientProviderError(f"{command.name}: the pages go in a circle.")
        return rows

    async def close(self) -> None:
        """Close all sockets and the credential's."""
        await self._adapter.close()


def open_exchange(
    tenant: Tenant,
    *,
    credential: AsyncTokenCredential,
    base_url: str,
    ca_file: str = "",
    rng: random.Random | None = None,
    may_write: Callable[[], None] = always,
) -> InvokeCommand:
    """The gateway of `tenant` for the running event loop; it owns the credential.

    `base_url` is Exchange's without a path (`https://outlook.office365.com`). Exchange
    counts its commands apart from the directory's calls, so the limiter is its own, one
    for all callers. Raises `PermanentProviderError` for a URL that must not be used.
    """
    adapter = open_adapter(
        credential,
        base_url=f"{base_url.rstrip('/')}/adminapi/beta/{tenant.tenant_id}",
        ca_file=ca_file,
        tenant=tenant.name,
        cloud=_HOST,
    )
    limiter = Limiter(
        writes_per_window=tenant.writes_per_window,
        window_seconds=tenant.window_seconds,
        concurrency=_CONCURRENCY,
        rng=rng or random.Random(),  # noqa: S311 - jitter, not a secret
    )
    return InvokeCommand(adapter, limiter, tenant.tenant_id, may_write)

"""An apply of domains: entered in the tenant, proven by DNS, switched on for mail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

from provisioner.errors import (
    PermanentProviderError,
    ProviderError,
    TransientProviderError,
)
from provisioner.kind import Providers
from provisioner.kinds.pacing import Backoff
from provisioner.model.change import Action, Change
from provisioner.model.outcome import Outcome, Status

_DNS_MINUTES = 30


async def apply_domains(
    changes: Sequence[Change], providers: Providers
) -> AsyncIterator[Outcome]:
    """Make the changes of one tenant, all domains side by side."""
    for finished in asyncio.as_completed([_apply(one, providers) for one in changes]):
        yield await finished


async def _apply(change: Change, providers: Providers) -> Outcome:
    domains = providers.directory.domains
    fields = {one.field: one.after for one in change.fields}
    try:
        if change.action is Action.CREATE:
            await _create(change.name, providers)
        if "verified" in fields and not await _verified(change.name, providers):
            return await _waits_for_dns(change, providers)
        if "services" in fields:
            await domains.set_services(change.name, fields["services"])
    except ProviderError as error:
        transient = isinstance(error, TransientProviderError)
        return _outcome(change, Status.FAILED, str(error), transient=transient)
    return _outcome(change, Status.DONE)


async def _create(name: str, providers: Providers) -> None:
    """Enter the domain; one that turns out to be there already was entered by us."""
    domains = providers.directory.domains
    try:
        await domains.create(name)
    except ProviderError:
        # A create answered by an error may have happened; the list tells.
        if name not in await domains.list():
            raise


async def _verified(name: str, providers: Providers) -> bool:
    """Ask the tenant to verify until it does or patience ends."""
    backoff = Backoff(providers.dns_patience)
    while True:
        try:
            await providers.directory.domains.verify(name)
        except PermanentProviderError:
            if (await providers.directory.domains.list())[name].verified:
                return True
            if not await backoff.rest():
                return False
        else:
            return True


async def _waits_for_dns(change: Change, providers: Providers) -> Outcome:
    text = await providers.directory.domains.verification_text(change.name)
    return _outcome(
        change,
        Status.WAITING,
        f'waiting for DNS: enter {change.name}. 3600 IN TXT "{text}"',
        transient=True,
        minutes=_DNS_MINUTES,
        providers=providers,
    )


def _outcome(
    change: Change,
    status: Status,
    reason: str = "",
    *,
    transient: bool = False,
    minutes: int = 0,
    providers: Providers | None = None,
) -> Outcome:
    look = providers.now() + timedelta(minutes=minutes) if providers else None
    return Outcome(
        change.municipality,
        change.kind,
        change.name,
        change.action,
        status,
        reason,
        transient,
        look,
        change.name,
    )

"""How long the certificates of websites hold, seen from outside as a visitor sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from msgspec import Struct

from provisioner.engine.run import Collaborators, CurrentRun
from provisioner.engine.scope import Order, kinds_of, scope_of
from provisioner.errors import ProviderError
from provisioner.kind import HostProviders, Providers, Scope
from provisioner.model.run import RunStatus
from provisioner.providers.web import Web

_KIND = "website"
_AT_ONCE = 20


class Certificate(Struct, frozen=True):
    """What a site shows: whole days left, None with the reason where it shows none."""

    municipality: str
    domain: str
    days: int | None
    reason: str = ""


def scan_certificates(order: Order, given: Collaborators) -> list[Certificate]:
    """Look at each name of each website; one that does not answer holds nobody up.

    The look is kept as a run. Where there are no hosts there is nothing to look at.
    Raises like `reconcile`.
    """
    cluster = given.load()
    hosts = given.open_hosts is not None
    scope = scope_of(order, cluster, given.now(), hosts=hosts)
    kinds = tuple(
        one for one in kinds_of(order, hosts=hosts) if hosts and one.name == _KIND
    )
    with CurrentRun(order, scope, kinds, given, {}) as run:
        found: list[Certificate] = []
        for opened in run.providers.values():
            found += run.wait(_look(scope, opened))
        unseen = [one for one in found if one.days is None]
        for one in unseen:
            run.store.runs.add_event(
                run.run_id, "unknown", f"{one.domain}: {one.reason}"
            )
        run.close(
            RunStatus.SUCCEEDED, {"certificates": len(found), "unknown": len(unseen)}
        )
    return found


async def _look(
    scope: Scope, opened: Providers | HostProviders | ProviderError
) -> list[Certificate]:
    if not isinstance(opened, HostProviders):
        why = str(opened) if isinstance(opened, ProviderError) else "no hosts here"
        return [Certificate(slug, name, None, why) for slug, name in _names(scope)]
    gate = asyncio.Semaphore(_AT_ONCE)
    looks = (_one(opened.web, gate, slug, name) for slug, name in _names(scope))
    return list(await asyncio.gather(*looks))


def _names(scope: Scope) -> Iterator[tuple[str, str]]:
    for town in scope.municipalities:
        for site in town.websites:
            for name in (site.domain, *site.aliases):
                yield town.slug, name


async def _one(web: Web, gate: asyncio.Semaphore, slug: str, name: str) -> Certificate:
    async with gate:
        try:
            page = await web.fetch(f"https://{name}/")
        except ProviderError as error:
            return Certificate(slug, name, None, str(error))
    why = "" if page.days is not None else "no certificate was shown"
    return Certificate(slug, name, page.days, why)

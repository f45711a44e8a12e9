"""Proof that a website works: fetched by name from outside its host."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from html import unescape

from msgspec import structs

from provisioner.errors import TransientProviderError
from provisioner.kind import HostProviders
from provisioner.kinds.host.observe import Resources
from provisioner.kinds.host.website_words import WORDS
from provisioner.kinds.website.wordpress_checks import (
    Pages,
    wordpress_checks,
    wordpress_urls,
)
from provisioner.model.host_state import HostPart
from provisioner.model.hosts import Website
from provisioner.model.outcome import Check, Proof
from provisioner.model.resource import Resource
from provisioner.providers.camera import Camera
from provisioner.providers.web import Page, Web

_DAYS = 14
_SHOWN = 12  # pictures of a run: each takes a browser a second
_HEADERS = (
    "strict-transport-security",
    "content-security-policy",
    "x-content-type-options",
)


async def verify_websites(
    sites: Mapping[str, Website], resources: Resources, providers: HostProviders
) -> list[Proof]:
    """One proof for each resource; `sites` are the inventory's entries by key."""
    proving = (_proof(sites[one.key], one, providers) for one in resources)
    proofs = await asyncio.gather(*proving)
    if providers.camera is None:
        return proofs
    seen = (_pictured(one, sites[one.key], providers.camera) for one in proofs[:_SHOWN])
    return [*await asyncio.gather(*seen), *proofs[_SHOWN:]]


async def _pictured(proof: Proof, site: Website, camera: Camera) -> Proof:
    return structs.replace(proof, picture=await camera.shoot(_home(site)))


async def _proof(
    site: Website, one: Resource[HostPart], providers: HostProviders
) -> Proof:
    pages = await _pages(site, providers.web)
    if site.maintenance:
        checks = tuple(_checks_of_maintenance(pages["home"]))
    elif site.type == "wordpress":
        checks = (*_checks(site, pages), *wordpress_checks(site, pages))
    else:
        checks = tuple(_checks(site, pages))
    return Proof(one.municipality, one.kind, one.name, providers.now(), checks)


async def _pages(site: Website, web: Web) -> Pages:
    home = _home(site)
    urls = {
        "home": home,
        "statement": f"{home}accessibility",
        "plain": f"http://{site.domain}/contact",
        **(wordpress_urls(home) if site.type == "wordpress" else {}),
        **{f"alias {name}": f"https://{name}/" for name in site.aliases},
    }
    found = await asyncio.gather(*(_fetched(web, url) for url in urls.values()))
    return dict(zip(urls, found, strict=True))


async def _fetched(web: Web, url: str) -> Page | TransientProviderError:
    try:
        return await web.fetch(url)
    except TransientProviderError as error:
        return error


def _checks(site: Website, pages: Pages) -> Iterator[Check]:
    home = pages["home"]
    if isinstance(home, TransientProviderError):
        yield Check("page is served by name", holds=False, detail=str(home))
        return
    served = f"{home.status}, first byte after {home.seconds * 1000:.0f} ms"
    yield Check("page is served by name", holds=home.status == 200, detail=served)
    found = re.search(r"<html[^>]*>", home.body)
    tag = found.group() if found else ""
    yield Check("language and direction", holds=_speaks(tag, site), detail=tag)
    title = re.search(r"<title>(.*?)</title>", home.body, re.DOTALL)
    shown = unescape(title.group(1)).strip() if title else ""
    yield Check("title", holds=site.title in shown, detail=shown)
    days = home.days or 0
    yield Check("certificate", holds=days >= _DAYS, detail=f"{days} days left")
    missing = [name for name in _HEADERS if name not in home.headers]
    yield Check("security headers", holds=not missing, detail=", ".join(missing))
    statement = pages["statement"]
    there = (
        isinstance(statement, Page)
        and statement.status == 200
        and site.accessibility.email in statement.body
    )
    yield Check("accessibility statement with its coordinator", holds=there)
    yield _redirect("http leads to https", pages["plain"], f"{_home(site)}contact")
    for name in site.aliases:
        yield _redirect(f"{name} leads there", pages[f"alias {name}"], _home(site))


def _checks_of_maintenance(home: Page | TransientProviderError) -> Iterator[Check]:
    """Out of service on purpose: visitors are told, and told when to come again."""
    name = "visitors are told of the maintenance"
    if isinstance(home, TransientProviderError):
        yield Check(name, holds=False, detail=str(home))
        return
    told = home.status == 503 and "retry-after" in home.headers
    yield Check(name, holds=told, detail=str(home.status))


def _speaks(tag: str, site: Website) -> bool:
    """Whether a page's first tag has the site's language, of any country, and direction."""
    told = dict(re.findall(r'(\w+)="([^"]*)"', tag))
    direction = told.get("dir", "ltr")
    language = told.get("lang", "").partition("-")[0]
    return (language, direction) == (site.language, WORDS[site.language].direction)


def _home(site: Website) -> str:
    return f"https://{site.domain}/"


def _redirect(name: str, page: Page | TransientProviderError, target: str) -> Check:
    if isinstance(page, TransientProviderError):
        return Check(name, holds=False, detail=str(page))
    leads = page.headers.get("location", "")
    return Check(name, holds=page.status == 301 and leads == target, detail=leads)

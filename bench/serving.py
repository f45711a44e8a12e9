"""Pages of 999 users that the sandbox serves in a second of one core.

Counted is the CPU time of the sandbox's process while a reader asks for nothing but hot
pages, so that neither the reader nor others on the machine are in the figure.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from pathlib import Path

import httpx
import msgspec
import psutil

from bench.floor import token_of
from bench.row import Figure, Measure, Sizes
from bench.world import World, world
from provisioner.providers.graph.wire import USER_SELECT
from provisioner.sandbox.outsider import order

_PAGES_PER_SECOND = 1000.0
_PEOPLE = 10_000
_SKU = "EXCHANGESTANDARD"


def run(sizes: Sizes, folder: Path) -> Iterable[Figure]:
    with world(folder, municipalities=2, people=40) as small:
        _fill(small)
        links = _links(small)
        spent = [_spent(small, links, sizes.served) for _ in range(sizes.repetitions)]
    seconds = statistics.median(spent)
    yield Figure(
        "serve_page_of_999_cpu",
        seconds * 1000,
        limit=1000 / _PAGES_PER_SECOND,
        unit="ms",
        detail=f"{1 / seconds:,.0f} pages a second of one core",
    )


def _fill(small: World) -> None:
    """People with names, departments and licences, as those of a municipality have."""
    people = [
        {
            "userPrincipalName": f"p{number}@served.example",
            "displayName": f"נועה לוי {number}",
            "department": f"מחלקה {number % 20}",
            "jobTitle": "פקידה",
            "licences": [_SKU],
        }
        for number in range(_PEOPLE)
    ]
    tenant = small.state.tenants[0].tenant_id
    order(small.state, "POST", f"users?tenant={tenant}", people)


def _links(small: World) -> list[str]:
    """The links of all full pages; following them makes the pages hot."""
    url = f"{small.state.graph_url}/users?$select={USER_SELECT}&$top=999"
    links = []
    with _client(small) as client:
        while url:
            links.append(url)
            page = msgspec.json.decode(client.get(url).raise_for_status().content)
            url = page.get("@odata.nextLink", "")
    return links[:-1]


def _spent(small: World, links: list[str], pages: int) -> float:
    """CPU seconds of the sandbox for a page; the pages are not looked into."""
    process = psutil.Process(small.state.pid)
    with _client(small) as client:
        client.get(links[0]).raise_for_status()
        before = process.cpu_times()
        for number in range(pages):
            with client.stream("GET", links[number % len(links)]) as answer:
                answer.raise_for_status()
                for _ in answer.iter_raw():
                    pass
        after = process.cpu_times()
    used = after.user - before.user + after.system - before.system
    return used / pages


def _client(small: World) -> httpx.Client:
    token = token_of(small)
    return httpx.Client(headers={"Authorization": token}, timeout=60, trust_env=False)


MEASURE = Measure("serve", "pages of 999 users that the sandbox serves", run)

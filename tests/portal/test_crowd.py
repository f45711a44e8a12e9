"""Fifty people at once: everybody gets their page, and everybody their own.

How much longer they wait for it is measured by `python -m bench --only portal`.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
from portal_world import PortalWorld

PEOPLE = 50
PAGES = ("/municipalities/{own}", "/requests", "/seats")


def test_fifty_people_at_once_get_their_own_pages_and_no_error(
    portal_world: PortalWorld,
) -> None:
    towns = (portal_world.own, portal_world.other)
    people = [(towns[number % 2], f"person{number}") for number in range(PEOPLE)]
    with portal_world.world.store() as store:
        cookies = [
            store.portal_sessions.begin(
                timedelta(minutes=5),
                person={
                    "subject": name,
                    "name": name,
                    "address": f"{name}@galil.example",
                    "claims": [f"cio.{town}"],
                },
            )
            for town, name in people
        ]

    async def reads(
        browser: httpx.AsyncClient, town: str, name: str, cookie: str
    ) -> None:
        headers = {"cookie": f"provisioner-session={cookie}"}
        for page in PAGES:
            answer = await browser.get(page.format(own=town), headers=headers)
            assert answer.status_code == 200, (page, answer.text)
            assert f">{name}<" in answer.text
            other = towns[1 - towns.index(town)]
            assert f"{other}.example" not in answer.text, page

    async def all_read() -> None:
        everybody = httpx.Limits(max_connections=PEOPLE)
        given = zip(people, cookies, strict=True)
        async with httpx.AsyncClient(
            base_url=portal_world.url, timeout=30, limits=everybody
        ) as browser:
            await asyncio.gather(*(reads(browser, *one, key) for one, key in given))

    asyncio.run(all_read())

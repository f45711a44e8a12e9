"""The portal as people meet it: a served world in which things are wrong, and its visitors."""

from __future__ import annotations

import re
import secrets
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from msgspec import Struct
from rehearsal import Rehearsal, rehearsing
from served import Served, serving

from provisioner import inventory
from provisioner.engine.scope import Order
from provisioner.model.approval import Approval
from provisioner.model.backup_assets import jobs_of
from provisioner.model.run import Run, RunStatus
from provisioner.model.viewer import Viewer as Asker
from provisioner.model.wish import NewMailboxes, NewPerson
from provisioner.service.orders import waiting_run
from provisioner.service.requests import Desk

_HIDDEN = re.compile(r'name="([^"]+)" value="([^"]*)"')
_CHOICE = re.compile(r'name="user" value="([^"]+)".*?<span dir="ltr">([^<]+)</span>')
_FIELD = re.compile(r'<input[^>]* name="([^"]+)" value="([^"]*)"')
_AREA = re.compile(r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', re.DOTALL)
_SELECT = re.compile(r'<select name="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
TOWNS = 4


class Visitor:
    """Somebody with a browser, as far as a program can be one; nobody until `sign_in`."""

    def __init__(self, url: str) -> None:
        self.url = url
        # Each from an address of its own: sign-in is limited by it, and a proxy on this
        # machine is believed.
        told = {"x-forwarded-for": f"2001:db8::{secrets.token_hex(2)}"}
        self.http = httpx.Client(base_url=url, timeout=30, headers=told)

    def sign_in(self, who: str, next_page: str = "/") -> httpx.Response:
        """Walk through the sandbox's sign-in page as the person with this address."""
        begun = self.http.get("/sign-in", params={"next": next_page})
        asked = begun.headers["location"]
        page = httpx.get(httpx.URL(asked).copy_merge_params({"sought": who})).text
        chosen = {address: user for user, address in _CHOICE.findall(page)}
        form = {name: unescape(value) for name, value in _HIDDEN.findall(page)}
        (user,) = [one for address, one in chosen.items() if address.startswith(who)]
        endpoint = asked.partition("?")[0]
        back = httpx.post(endpoint, data=form | {"user": user})
        parts = urlsplit(back.headers["location"])
        return self.http.get(f"{parts.path}?{parts.query}")

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path)

    @property
    def csrf(self) -> str:
        """The token of this visitor's forms; "" where nobody is signed in."""
        found = re.search(
            r'name="csrf" value="([^"]*)"', self.get("/accessibility").text
        )
        assert found
        return found.group(1)

    def post(self, path: str, **form: str | list[str]) -> httpx.Response:
        """Send a form as a page of the portal would."""
        return self.http.post(path, data={"csrf": self.csrf} | form)

    def close(self) -> None:
        self.http.close()


def fields_of(page: str) -> dict[str, str]:
    """The fields of the last form that fills a page, as a browser would send them."""
    form = page.rpartition('class="ask"')[2].partition("</form>")[0]
    found = {name: unescape(value) for name, value in _FIELD.findall(form)}
    for name, text in _AREA.findall(form):
        found[name] = unescape(text)
    for name, options in _SELECT.findall(form):
        chosen = re.search(r'value="([^"]*)" selected', options)
        found[name] = unescape(chosen[1]) if chosen else ""
    return found


class PortalWorld(Struct):
    """A served world: the towns of the two CIOs, and what is wrong in the first one.

    `to_repair` is wrong in the other one: an apply in the first may repair it all.
    `backup` is a job of the first one that nobody ever looked at.
    """

    world: Rehearsal
    service: Served
    own: str
    other: str
    drifted: str
    unmanaged: str
    run: Run
    request: str
    to_repair: str
    backup: str

    @property
    def url(self) -> str:
        return self.service.url


def _break(world: Rehearsal, slug: str) -> str:
    """A job title that somebody has changed; the address whose it is."""
    person = world.active(slug)[0]
    for words in (
        ("edit-title", "--person", person),
        ("create-stranger", "--municipality", slug),
    ):
        ended = world.run("sandbox", "break", *words)
        assert ended.code == 0, ended.err
    return person


def _commit_all(folder: Path) -> None:
    """Make the inventory a repository, as that of a cluster is."""
    for words in (
        ("init", "--quiet"),
        ("add", "."),
        ("-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "-mx"),
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)


def _asked(world: Rehearsal, slug: str) -> str:
    """A request of the CIO of a town for one person; its id."""
    wish = NewMailboxes((NewPerson("", "נעמי כץ", "EXCHANGESTANDARD", "נעמי", "כץ"),))
    load = partial(inventory.load, world.inventory)
    cio = Asker(f"cio.{slug}@galil.onmicrosoft.example", frozenset({slug}))
    with world.store() as store:
        desk = Desk(store, load, world.inventory, lambda: datetime.now(UTC))
        return desk.submit(cio, slug, wish, key="the first").id


@pytest.fixture(scope="module")
def portal_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PortalWorld]:
    """Built for each file: its tests come in their order, those of files in none."""
    folder = tmp_path_factory.mktemp("portal")
    with rehearsing(folder) as rehearse:
        world = rehearse(municipalities=TOWNS, people=64)
        _commit_all(world.inventory)
        people = world.everyone()
        cios = sorted(
            one["userPrincipalName"].split("@")[0].removeprefix("cio.")
            for one in people
            if one["userPrincipalName"].startswith("cio.")
        )
        assert len(cios) == 2, cios
        own, other = cios
        ended = world.run("apply", "--yes")
        assert ended.code == 0, ended.err
        person = _break(world, own)
        _break(world, other)
        assert world.run("drift").code == 2
        with world.store() as store:
            keys = {one.drift.value: one.key for one in store.drift.open(own)}
            to_repair = next(
                one.key
                for one in store.drift.open(other)
                if one.drift == "drifted" and one.kind == "mailbox"
            )
            (run,) = store.standing.looks()
        cluster = inventory.load(world.inventory)
        backup = next(key for owner, _, key in jobs_of(cluster) if owner.slug == own)
        request = _asked(world, own)
        assert person in keys["drifted"]
        with serving(world, "serve", "--port", "0") as service:
            yield PortalWorld(
                world,
                service,
                own,
                other,
                keys["drifted"],
                keys["unmanaged"],
                run,
                request,
                to_repair,
                backup,
            )


def held_plan(world: PortalWorld, by: str) -> str:
    """A run of somebody whose plan waits for a second person; its id."""
    now = datetime.now(UTC)
    order = Order("apply", municipalities=("nowhere",), actor=by)
    run = waiting_run(order, now, not_after=now)
    with world.world.store() as store:
        store.queue.enqueue(run)
        store.queue.expire()
        ended = store.runs.get(run.id)
        assert ended is not None
        assert ended.status is RunStatus.EXPIRED
        store.approvals.request(
            Approval(
                run_id=run.id,
                checksum="0" * 64,
                asked=run.asked | {"release": ["removals"]},
                guards=("removals",),
                changes=(),
                requested_by=by,
                requested=now,
                expires=now + timedelta(hours=1),
            )
        )
    return run.id


def routes() -> Iterator[tuple[str, str]]:
    """Methods and paths of the app."""
    from fastapi.routing import APIRoute

    from provisioner.portal.app import ROUTERS  # every test process loads this file

    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                for method in route.methods:
                    yield method, route.path


def path_of(template: str, world: PortalWorld) -> str:
    """A path of the app with things in it that there are."""
    return (
        template.replace("{slug}", world.own)
        .replace("{key:path}", world.drifted)
        .replace("{backup:path}", world.backup)
        .replace("{run_id}", world.run.id)
        .replace("{request_id}", world.request)
        .replace("{address}", "nobody@nowhere.example")
        .replace("{sort}", "person")
    )


Visit = Callable[[str], Visitor]


@pytest.fixture(scope="module")
def visit(portal_world: PortalWorld) -> Iterator[Visit]:
    """Visitors by who they are, signed in once; "" is nobody."""
    visitors: dict[str, Visitor] = {}

    def as_(who: str) -> Visitor:
        if who not in visitors:
            one = visitors[who] = Visitor(portal_world.url)
            if who:
                assert one.sign_in(who).status_code == 303
        return visitors[who]

    yield as_
    for one in visitors.values():
        one.close()


@pytest.fixture
def stranger(portal_world: PortalWorld) -> Iterator[Visitor]:
    """A browser of its own, nobody signed in."""
    one = Visitor(portal_world.url)
    yield one
    one.close()

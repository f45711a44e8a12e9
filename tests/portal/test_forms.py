"""Forms that are filled in wrongly, twice, late or not at all: nothing is lost or guessed."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from secrets import token_hex
from urllib.parse import unquote

from portal_world import PortalWorld, Visit, Visitor, fields_of

from provisioner import inventory
from provisioner.model.outcome import Check, Proof
from provisioner.model.request import Act, move
from provisioner.model.resource import key_of
from provisioner.model.viewer import EVERYTHING
from provisioner.model.viewer import Viewer as Asker
from provisioner.model.wish import NewMailboxes, NewPerson
from provisioner.portal.just_shown import JustShown
from provisioner.portal.words import MISSING
from provisioner.renderers.language import translator
from provisioner.service.request_progress import entry_of
from provisioner.service.requests import Desk
from provisioner.settings import Settings
from provisioner.store.secret_key import load_key

ASK = "/requests/new/person"


def _license(world: PortalWorld) -> str:
    (license_name, *_) = (
        inventory.load(world.world.inventory).municipality(world.own).seats
    )
    return license_name


def _filled(world: PortalWorld, given_name: str, surname: str) -> dict[str, str]:
    """A form for one person as it is filled in by hand."""
    return {
        "municipality": world.own,
        "given_name": given_name,
        "surname": surname,
        "license": _license(world),
    }


def _asked_for(world: PortalWorld, location: str) -> NewPerson:
    """Whom the request at this address asks for."""
    request_id = location.partition("?")[0].rpartition("/")[2]
    with world.world.store() as store:
        found = store.requests.get(request_id, EVERYTHING)
    assert found is not None
    assert isinstance(found.wish, NewMailboxes)
    (one,) = found.wish.people
    return one


def test_a_name_that_is_corrected_after_the_check_has_an_address_of_its_own(
    portal_world: PortalWorld, visit: Visit
) -> None:
    cio = visit(f"cio.{portal_world.own}")
    looked = cio.post(ASK, **_filled(portal_world, "דנא", "כהנ"), step="check")
    form = fields_of(looked.text)
    first = form["address"]
    assert form["display_name"] == "דנא כהנ"
    form |= {"given_name": "Roni", "surname": "Shaked"}
    again = fields_of(cio.post(ASK, **form, step="check").text)
    assert again["display_name"] == "Roni Shaked"
    assert again["address"].startswith("roni.shaked@")

    sent = cio.post(ASK, **form, step="send")
    one = _asked_for(portal_world, sent.headers["location"])
    assert one.display_name == "Roni Shaked"
    assert one.address == again["address"] != first


def test_what_somebody_wrote_over_a_proposal_stays(
    portal_world: PortalWorld, visit: Visit
) -> None:
    cio = visit(f"cio.{portal_world.own}")
    looked = cio.post(ASK, **_filled(portal_world, "Yael", "Oren"), step="check")
    form = fields_of(looked.text) | {"address": "front.desk", "surname": "Oron"}
    form = fields_of(cio.post(ASK, **form, step="check").text)
    form |= {"surname": "Oren"}
    sent = cio.post(ASK, **form, step="send")
    one = _asked_for(portal_world, sent.headers["location"])
    assert one.address.startswith("front.desk@")
    assert one.display_name == "Yael Oren"


def _in_work(world: PortalWorld, *names: str) -> tuple[str, list[str]]:
    """A list of people of which no mailbox answers yet, though the passwords are there.

    Its id and the addresses. No run works on it: what happens next, the test says.
    """
    people = tuple(NewPerson("", one, _license(world), one, "Tal") for one in names)
    load, now = partial(inventory.load, world.world.inventory), datetime.now(UTC)
    cio = Asker(f"cio.{world.own}@galil.onmicrosoft.example", frozenset({world.own}))
    with world.world.store() as store:
        desk = Desk(store, load, world.world.inventory, lambda: datetime.now(UTC))
        made = desk.submit(cio, world.own, NewMailboxes(people), key=names[0])
        assert isinstance(made.wish, NewMailboxes)
        moves: list[tuple[Act, dict[str, str]]] = [
            (Act.APPROVE, {}),
            (Act.RECORD, {"commit": "c" * 40}),
            (Act.BEGIN, {}),
        ]
        for act, more in moves:
            made, step = move(made, act, "approver", now, **more)
            store.requests.save(made, step, entry_of(made, step))
        addresses = [one.address for one in made.wish.people]
        keys = [key_of(world.own, "mailbox", one) for one in addresses]
        secrets = store.secrets(load_key(Settings(var=world.world.var)))
        secrets.prepare(keys, lambda: token_hex(10))
        secrets.release(keys, now + timedelta(days=1))
    return made.id, addresses


def _prove(world: PortalWorld, address: str, *, holds: bool = True) -> None:
    """The proof that a mailbox answers, as a run leaves it."""
    check = Check("mailbox answers", holds=holds)
    proof = Proof(world.own, "mailbox", address, datetime.now(UTC), (check,))
    with world.world.store() as store:
        store.outcomes.append(world.run.id, [], [proof])


def test_a_password_is_handed_over_when_its_mailbox_answers_and_not_before(
    portal_world: PortalWorld, visit: Visit
) -> None:
    cio, words = visit(f"cio.{portal_world.own}"), translator("he").gettext
    request, (first, second) = _in_work(portal_world, "Ami", "Tami")
    there = f"/requests/{request}"
    _prove(portal_world, second, holds=False)
    assert "/password/" not in cio.get(there).text
    early = cio.post(f"{there}/password/{first}")
    assert early.status_code == 409
    assert words("Show it now, once") not in cio.get(f"{there}/password/{first}").text
    assert 'class="notice attention"' in early.text

    _prove(portal_world, first)
    shown = cio.get(there).text
    assert f"{there}/password/{first}" in unquote(unescape(shown))
    assert f"{there}/password/{second}" not in unquote(unescape(shown))
    assert 'id="secret"' in cio.post(f"{there}/password/{first}").text
    assert cio.post(f"{there}/password/{second}").status_code == 409

    with portal_world.world.store() as store:
        found = store.requests.get(request, EVERYTHING)
        assert found is not None
        ready, step = move(found, Act.READY, "provisioner", datetime.now(UTC))
        store.requests.save(ready, step, entry_of(ready, step))
    assert 'id="secret"' in cio.post(f"{there}/password/{second}").text


def test_a_double_click_shows_the_same_password_again_and_to_nobody_else(
    portal_world: PortalWorld, visit: Visit
) -> None:
    cio, it = visit(f"cio.{portal_world.own}"), visit("it")
    request, (address,) = _in_work(portal_world, "Rami")
    _prove(portal_world, address)
    there = f"/requests/{request}/password/{address}"
    page = cio.get(there).text
    assert "/static/once.js" in page
    (key,) = re.findall(r'name="key" value="([^"]+)"', page)
    first, second = (cio.post(there, key=key) for _ in range(2))
    assert first.status_code == second.status_code == 200
    (secret,) = re.findall(r'id="secret">([^<]+)<', first.text)
    assert re.findall(r'id="secret">([^<]+)<', second.text) == [secret]

    for somebody, other in ((cio, "another"), (cio, ""), (it, key)):
        refused = somebody.post(there, key=other)
        assert refused.status_code == 409
        assert secret not in refused.text
    with portal_world.world.store() as store:
        read = [x for x in store.audit.latest(20) if x.action == "secret.read"]
        told = str(store.audit.latest(50))
    assert sum(request in str(one.details) for one in read) == 1
    assert secret not in told


def test_what_was_just_shown_is_forgotten_by_itself() -> None:
    shown, asked = JustShown(seconds=0.2), iter(["first", "second"])
    assert shown.once("form", lambda: next(asked)) == "first"
    assert shown.once("form", lambda: next(asked)) == "first"
    late = time.monotonic() + 10
    while shown._kept and time.monotonic() < late:
        time.sleep(0.05)
    assert not shown._kept
    assert shown.once("form", lambda: next(asked)) == "second"


def test_the_sheet_to_print_is_in_the_language_of_who_is_handed_it(
    portal_world: PortalWorld, visit: Visit
) -> None:
    cio = visit(f"cio.{portal_world.own}")
    town = inventory.load(portal_world.world.inventory).municipality(portal_world.own)
    # Nobody new is in the inventory here, so the municipality's own language holds.
    request, (address,) = _in_work(portal_world, "Dalal")
    _prove(portal_world, address)
    reader = next(one for one in ("en", "he") if one != town.language)
    chosen = {"cookie": f"language={reader}; {_cookies(cio)}"}
    shown = cio.http.post(
        f"/requests/{request}/password/{address}",
        data={"csrf": cio.csrf},
        headers=chosen,
    ).text
    assert f'<html lang="{reader}"' in shown
    (sheet,) = re.findall(r'<div class="sheet".*?<p class="act', shown, re.DOTALL)
    its = translator(town.language)
    assert f'lang="{town.language}" dir="{its.direction}"' in sheet
    assert its.gettext("First password") in sheet
    assert address in sheet
    assert translator(reader).gettext("Copy") in shown


def _cookies(one: Visitor) -> str:
    return "; ".join(f"{name}={value}" for name, value in one.http.cookies.items())


def test_what_is_changed_after_it_was_sent_can_be_sent_as_a_second_request(
    portal_world: PortalWorld, visit: Visit
) -> None:
    cio = visit(f"cio.{portal_world.own}")
    form = _filled(portal_world, "Gali", "Sela") | {"key": token_hex(8)}
    sent = cio.post(ASK, **form, step="send")
    location = sent.headers["location"]
    assert cio.post(ASK, **form, step="send").headers["location"] == location

    changed = form | {"given_name": "Galit"}
    told = cio.post(ASK, **changed, step="send")
    assert told.status_code == 409
    assert f'href="{location.partition("?")[0]}"' in told.text
    again = fields_of(told.text)
    assert again["given_name"] == "Galit"
    assert again["key"] != form["key"]
    second = cio.post(ASK, **again, step="send")
    assert second.status_code == 303, second.text
    assert second.headers["location"] != location
    assert _asked_for(portal_world, second.headers["location"]).given_name == "Galit"


def test_a_form_after_the_session_has_ended_leads_back_through_the_sign_in(
    portal_world: PortalWorld, stranger: Visitor
) -> None:
    who, form = f"cio.{portal_world.own}", _filled(portal_world, "Noga", "Dror")
    stranger.sign_in(who)
    page = f"{ASK}?municipality={portal_world.own}"
    csrf = stranger.csrf
    stranger.http.cookies.clear()
    came = {"referer": f"{portal_world.url}{page}"}
    told = stranger.http.post(ASK, data={"csrf": csrf, **form}, headers=came)
    assert told.status_code == 403
    assert translator("he").gettext("Your session has ended") in told.text
    (link,) = re.findall(r'href="/sign-in\?next=([^"]+)"', told.text)
    assert unquote(unescape(link)) == page
    back = stranger.sign_in(who, unquote(unescape(link)))
    assert back.headers["location"] == page

    stranger.http.cookies.clear()
    for elsewhere in ("https://evil.example/x", f"{portal_world.url}//evil.example"):
        told = stranger.http.post(ASK, data=form, headers={"referer": elsewhere})
        assert 'href="/sign-in?next=/"' in told.text, elsewhere


def test_what_a_form_lacks_is_named(portal_world: PortalWorld, visit: Visit) -> None:
    words = translator("he").gettext
    cio, approver, it = (
        visit(f"cio.{portal_world.own}"),
        visit("approver"),
        visit("it"),
    )
    request = f"/requests/{portal_world.request}"
    ticked = f"{portal_world.request}@1"
    lacking = (
        (
            approver,
            f"{request}/decide",
            {"version": "1", "verdict": "reject"},
            "reject",
        ),
        (approver, "/requests/decide", {"verdict": "approve"}, "one"),
        (approver, "/requests/decide", {"verdict": "reject", "one": ticked}, "reject"),
        (approver, "/approvals", {}, "one"),
        (it, "/drift/repair", {}, "key"),
        (it, "/drift/repair", {"key": portal_world.unmanaged}, "repair"),
        (
            it,
            "/drift/acknowledge",
            {"key": portal_world.drifted, "days": "3"},
            "reason",
        ),
    )
    for visitor, path, form, field in lacking:
        answer = visitor.post(path, **form)
        assert answer.status_code == 422, path
        assert words(MISSING[field]) in unescape(answer.text), path

    form = _filled(portal_world, "Ziv", "Tal") | {"start": "31.12.2026"}
    for step in ("check", "send"):
        answer = cio.post(ASK, **form, step=step)
        assert answer.status_code == 422
        assert words(MISSING["start"]) in unescape(answer.text)
        assert fields_of(answer.text)["given_name"] == "Ziv"

"""What single pages do beside being there: each as its reader uses it, by HTTP."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from urllib.parse import unquote

from portal_world import PortalWorld, Visit, Visitor, fields_of, held_plan

from provisioner import inventory
from provisioner.model.request import Act, WaitsFor, move
from provisioner.model.viewer import EVERYTHING, Viewer
from provisioner.model.wish import NewMailboxes, NewPerson
from provisioner.portal.words import WAITS_FOR_WHOM
from provisioner.renderers.language import translator
from provisioner.service.request_progress import entry_of
from provisioner.service.requests import Desk


def test_a_cio_changes_the_texts_of_a_website_and_it_becomes_one_line_in_git(
    portal_world: PortalWorld, visit: Visit
) -> None:
    own, folder = portal_world.own, portal_world.world.inventory
    cio = visit(f"cio.{own}")
    (site, *_) = inventory.load(folder).municipality(own).websites
    chosen = f"/requests/new/website?municipality={own}&of={site.name}"
    form = fields_of(cio.get(chosen).text)
    assert form["accessibility.coordinator"] == site.accessibility.coordinator
    form |= {"accessibility.phone": "04-999-4321", "step": "check"}
    wrong = cio.post(
        "/requests/new/website", **form | {"accessibility.email": "nobody"}
    )
    assert wrong.status_code == 422
    assert "nobody" in wrong.text
    assert cio.post("/requests/new/website", **form).status_code == 200
    sent = cio.post("/requests/new/website", **form | {"step": "send"})
    request = sent.headers["location"].partition("?")[0]

    approver = visit("approver")
    assert "04-999-4321" in approver.get(request).text
    _approve(approver, request)
    after = inventory.load(folder).municipality(own).websites[0]
    assert after.accessibility.phone == "04-999-4321"
    assert after.title == site.title
    told = _git(folder, "log", "-1", "--format=%ae %s", "--numstat")
    assert told.startswith(f"cio.{own}@")
    assert f"1\t1\tmunicipalities/{own}/municipality.yml" in told


def _git(folder: object, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=str(folder), check=True, capture_output=True, text=True
    ).stdout


def test_a_website_of_another_municipality_cannot_be_asked_for(
    portal_world: PortalWorld, visit: Visit
) -> None:
    rival = visit(f"cio.{portal_world.other}")
    form = {"municipality": portal_world.own, "of": "main", "title": "x"}
    answer = rival.post("/requests/new/website", **form, step="send")
    assert answer.status_code == 404
    nowhere = form | {"municipality": portal_world.other, "of": "nowhere"}
    assert rival.post("/requests/new/website", **nowhere).status_code == 422


def test_a_log_is_followed_from_where_the_reader_was(
    portal_world: PortalWorld, visit: Visit
) -> None:
    it, path = visit("it"), f"/runs/{portal_world.run.id}/events"
    whole = it.get(path).text
    numbers = [int(one) for one in re.findall(r"^id: (\d+)$", whole, re.MULTILINE)]
    assert numbers == sorted(numbers)
    assert len(numbers) > 1
    assert "event: end" in whole
    last = {"last-event-id": str(numbers[-2])}
    rest = it.http.get(path, headers=last).text
    assert re.findall(r"^id: (\d+)$", rest, re.MULTILINE) == [str(numbers[-1])]


def test_a_stranger_is_asked_for_written_down_and_adopted(
    portal_world: PortalWorld, visit: Visit
) -> None:
    it, key = visit("it"), portal_world.unmanaged
    own, address = portal_world.own, key.rpartition("/")[2]
    assert it.post("/drift/adopt", key=key).status_code == 422, "nobody wants it yet"
    page = it.get(f"/drift/{key}").text
    link = re.search(r'href="(/requests/new/person[^"]+)"', page)
    assert link
    form = fields_of(it.get(unescape(link[1])).text)
    assert form["address"] == address
    named = {"given_name": "Dana", "surname": "Levi", "step": "send"}
    sent = it.post("/requests/new/person", **form | named | _license(portal_world))
    assert sent.status_code == 303, sent.text
    _approve(visit("approver"), sent.headers["location"].partition("?")[0])

    assert "/drift/adopt" in it.get(f"/drift/{key}").text
    with portal_world.world.store() as store:
        portal_world.world.wait_until(
            lambda: all(run.status.is_final for run in store.runs.latest(5)),
            "the run of the request has ended: they share a lock",
        )
    ordered = it.post("/drift/adopt", key=key)
    assert ordered.status_code == 303
    run = ordered.headers["location"].partition("?")[0].rpartition("/")[2]
    with portal_world.world.store() as store:
        portal_world.world.wait_until(
            lambda: store.runs.get(run).status.is_final,  # type: ignore[union-attr]
            "the run has ended",
        )
        (done,) = store.outcomes.of_run(run)
        (entry,) = store.audit.search(f"ordered.apply {run}", limit=1)
    assert (done.key, done.status.value) == (key, "done")
    assert key in entry.details
    user = portal_world.world.users(own)[address]
    marks = str((user["onPremisesExtensionAttributes"] or {}).values())
    assert f"provisioner:{own}:" in marks


def test_an_account_that_is_nobodys_is_ignored_until_a_day(
    portal_world: PortalWorld, visit: Visit
) -> None:
    it, other = visit("it"), portal_world.other
    listed = f"/drift?municipality={other}&state=unmanaged"
    found = re.search(rf"/drift/({other}/mailbox/[^\"]+)", it.get(listed).text)
    assert found
    key = unquote(found[1])
    assert translator("he").gettext("Ignore it") in it.get(f"/drift/{key}").text
    told = it.post("/drift/acknowledge", key=key, days="30", reason="The old scanner.")
    assert told.status_code == 303
    with portal_world.world.store() as store:
        word = store.drift.acknowledgement(key)
        (item,) = (one for one in store.drift.open(other) if one.key == key)
    assert word is not None
    assert (word.reason, item.life.value) == ("The old scanner.", "acknowledged")


def _license(world: PortalWorld) -> dict[str, str]:
    """The licence of which most seats are left: other tests take some."""
    town = inventory.load(world.world.inventory).municipality(world.own)
    wanted = Counter(one.license for one in town.people if one.state == "active")
    return {
        "license": max(town.seats, key=lambda name: town.seats[name] - wanted[name])
    }


def _approve(approver: Visitor, request: str) -> None:
    shown = approver.get(request).text
    version = re.search(r'name="version" value="(\d+)"', shown)
    assert version
    verdict = {"verdict": "approve", "reason": ""}
    decided = approver.post(f"{request}/decide", version=version[1], **verdict)
    assert decided.status_code == 303


def test_a_change_and_a_leaver_are_asked_for_by_choosing_the_person(
    portal_world: PortalWorld, visit: Visit
) -> None:
    own, cio = portal_world.own, visit(f"cio.{portal_world.own}")
    town = inventory.load(portal_world.world.inventory).municipality(own)
    changed, gone = town.people[1], town.people[2]
    for sort, person, given in (
        ("change", changed, {"job_title": "Gardener"}),
        ("leaver", gone, {}),
    ):
        there = f"/requests/new/{sort}"
        empty = cio.get(f"{there}?municipality={own}")
        assert empty.status_code == 200
        assert 'name="of"' in empty.text
        chosen = cio.get(f"{there}?municipality={own}&of={person.address}")
        form = fields_of(chosen.text) | given
        assert form["of"] == person.address
        assert cio.post(there, **form, step="check").status_code == 200
        sent = cio.post(there, **form, step="send")
        assert sent.status_code == 303, sent.text
        request = cio.get(sent.headers["location"]).text
        assert person.address in request


def test_the_weeks_to_come_are_drawn_and_told_in_figures(
    portal_world: PortalWorld, visit: Visit
) -> None:
    own, cio = portal_world.own, visit(f"cio.{portal_world.own}")
    start = f"{datetime.now(UTC).date() + timedelta(days=30)}"
    form = {"municipality": own, "given_name": "Gil", "surname": "Bar", "start": start}
    form |= {"step": "send"} | _license(portal_world)
    assert cio.post("/requests/new/person", **form).status_code == 303
    page = cio.get(f"/seats?municipality={own}").text
    town = inventory.load(portal_world.world.inventory).municipality(own)
    assert page.count('<svg class="chart"') == len(town.seats)
    weeks = re.findall(r"<td class=\"number\">([01])</td><td", page)
    assert "1" in weeks
    assert cio.get(f"/seats?municipality={portal_world.other}").status_code == 404
    told = portal_world.world.run("seats", "--ahead", "--json", "--municipality", own)
    taking = [sum(w["taking"] for w in one["weeks"]) for one in told.report[own]]
    assert sum(taking) >= 1
    everywhere = visit("it").get("/seats").text
    assert f'href="/seats?municipality={own}"' in everywhere


def test_what_is_wrong_in_a_form_is_told_in_the_language_of_the_page(
    portal_world: PortalWorld, visit: Visit
) -> None:
    cio = visit(f"cio.{portal_world.own}")
    form = {"municipality": portal_world.own, "given_name": "נועה", "surname": "לוי"}
    form |= {"address": "נועה", "license": "NOPE", "step": "check"}
    for language, said in (
        ("he", ("כתובת", "כתבו למשל")),
        ("ar", ("العنوان", "اكتبوا مثلًا")),
        ("en", ("Address", "Write for example")),
    ):
        chosen = {"cookie": f"language={language}; {_cookies(cio)}"}
        sent = form | {"csrf": cio.csrf}
        answer = cio.http.post("/requests/new/person", data=sent, headers=chosen)
        assert answer.status_code == 422
        (alert,) = re.findall(r'role="alert">(.*?)</div>', answer.text, re.DOTALL)
        for words in said:
            assert words in alert
        assert 'lang="en" dir="ltr"' not in alert, alert


def _cookies(one: Visitor) -> str:
    return "; ".join(f"{name}={value}" for name, value in one.http.cookies.items())


def test_a_search_finds_what_the_viewer_sees_and_nothing_else(
    portal_world: PortalWorld, visit: Visit
) -> None:
    own = portal_world.own
    person = inventory.load(portal_world.world.inventory).municipality(own).people[0]
    for words in (person.address, person.display_name, f"{person.address} {own}"):
        assert person.address in _found(visit(f"cio.{own}"), words), words
        assert person.address not in _found(visit(f"cio.{portal_world.other}"), words)
    assert f"/municipalities/{own}" in _found(visit("operator"), own)
    asked = _found(visit("approver"), portal_world.request)
    assert f"/requests/{portal_world.request}" in asked
    assert "/requests/R" not in _found(visit("operator"), portal_world.request)
    run = portal_world.run.id
    assert f"/runs/{run}" in _found(visit("auditor"), run)
    assert run not in _found(visit(f"cio.{own}"), run)


def _found(one: Visitor, words: str) -> str:
    """The links and texts of a search, without the form that repeats the words."""
    page = one.http.get("/search", params={"words": words})
    assert page.status_code == 200
    main = page.text.partition("<main")[2].partition("</main")[0]
    return unquote(main.partition("</form>")[2])


def test_one_that_cannot_be_decided_does_not_hold_up_the_others(
    portal_world: PortalWorld, visit: Visit
) -> None:
    own, approver = portal_world.own, visit("approver")
    cio, made = visit(f"cio.{own}"), []
    for surname in ("Alef", "Bet"):
        form = {"municipality": own, "given_name": "Tal", "surname": surname}
        form |= {"step": "send"} | _license(portal_world)
        sent = cio.post("/requests/new/person", **form)
        made.append(sent.headers["location"].partition("?")[0].rpartition("/")[2])
    withdrawn, left = made
    cio.post(f"/requests/{withdrawn}/withdraw", version="1")
    chosen = [f"{one}@1" for one in made]
    form_of_all = {"one": chosen, "verdict": "reject", "reason": "Not this year."}
    answer = approver.post("/requests/decide", **form_of_all)
    assert answer.status_code == 409
    assert f"/requests/{withdrawn}" in answer.text
    assert f"/requests/{left}" not in answer.text
    with portal_world.world.store() as store:
        states = [store.requests.get(one, EVERYTHING) for one in made]
    assert [one.state.value for one in states if one] == ["withdrawn", "rejected"]


APPROVER = "approver@galil.onmicrosoft.example"


def test_many_plans_are_approved_at_once_but_none_that_changed(
    portal_world: PortalWorld, visit: Visit
) -> None:
    approver = visit("approver")
    good, changed, own = (
        held_plan(portal_world, by)
        for by in ("it@example.org", "it@example.org", APPROVER)
    )
    page = approver.get("/approvals").text
    shown = dict(re.findall(r'name="one" value="([^"@]+)@(\w+)"', page))
    assert {good, changed} <= set(shown)
    assert own not in shown

    chosen = [f"{good}@{shown[good]}", f"{changed}@{'1' * 64}", f"{own}@{'0' * 64}"]
    answer = approver.post("/approvals", one=chosen)
    assert answer.status_code == 409
    assert good not in answer.text
    assert {f"/approvals/{changed}", f"/approvals/{own}"} <= set(
        re.findall(r'href="([^"]+)"', answer.text)
    )
    with portal_world.world.store() as store:
        decided = {one: store.approvals.get(one) for one in (good, changed, own)}
        assert [bool(x and x.decided) for x in decided.values()] == [True, False, False]
        assert decided[good].decided_by == APPROVER  # type: ignore[union-attr]


def test_a_request_that_waits_says_whom_to_ask_and_leads_to_its_approval(
    portal_world: PortalWorld, visit: Visit
) -> None:
    own, folder = portal_world.own, portal_world.world.inventory
    run = held_plan(portal_world, "it@example.org")
    place = f"municipalities/{own}/municipality.yml:9:27"
    reason = f"{place}: it is too much. If it is meant, give --checksum SUM."
    asker = Viewer(f"cio.{own}@galil.onmicrosoft.example", frozenset({own}))
    wish = NewMailboxes((NewPerson("", "רות לב", "EXCHANGESTANDARD", "רות", "לב"),))
    with portal_world.world.store() as store:
        load = partial(inventory.load, folder)
        desk = Desk(store, load, folder, lambda: datetime.now(UTC))
        request = desk.submit(asker, own, wish, key="to wait")
        for act in (Act.APPROVE, Act.RECORD, Act.BEGIN, Act.WAIT):
            waits = act is Act.WAIT
            request, step = move(
                request,
                act,
                "somebody",
                datetime.now(UTC),
                reason if waits else "",
                waits_for=WaitsFor.SECOND_PERSON if waits else WaitsFor.NOTHING,
                run=run if act is Act.BEGIN else "",
            )
            store.requests.save(request, step, entry_of(request, step))

    to_cio = unescape(visit(f"cio.{own}").get(f"/requests/{request.id}").text)
    to_approver = visit("approver").get(f"/requests/{request.id}").text
    assert translator("he").gettext(WAITS_FOR_WHOM["second_person"]) in to_cio
    assert place not in to_cio
    assert f'href="/approvals/{run}"' not in to_cio
    assert f'href="/approvals/{run}"' in to_approver
    assert f'<bdi dir="ltr" class="code">{place}</bdi>' in to_approver
    assert "--checksum" not in to_cio + to_approver


def test_seats_left_are_the_same_wherever_they_are_shown_with_open_requests(
    portal_world: PortalWorld, visit: Visit
) -> None:
    own, folder = portal_world.own, portal_world.world.inventory
    cio = visit(f"cio.{own}")
    town = inventory.load(folder).municipality(own)
    asker = Viewer(f"cio.{own}@galil.onmicrosoft.example", frozenset({own}))
    people = tuple(
        NewPerson("", f"גל דרור{name}", "EXCHANGESTANDARD", "גל", f"דרור{name}")
        for name in "אבג"
    )
    with portal_world.world.store() as store:
        load = partial(inventory.load, folder)
        desk = Desk(store, load, folder, lambda: datetime.now(UTC))
        desk.submit(asker, own, NewMailboxes(people), key="three seats")
        (line,) = [
            one for one in desk.seats(asker, own) if one.license == "EXCHANGESTANDARD"
        ]
    used = sum(
        one.license == line.license and one.state == "active" for one in town.people
    )
    assert line.asked >= 3
    assert line.free == town.seats[line.license] - used
    after = translator("he").gettext("%(count)s after open requests") % {
        "count": line.left
    }
    for path in (f"/municipalities/{own}", "/seats", "/requests/new/person"):
        assert after in unescape(cio.get(path).text), path


def test_a_list_is_shown_with_its_licence_its_seats_and_names_that_stand_twice(
    portal_world: PortalWorld, visit: Visit
) -> None:
    own, cio = portal_world.own, visit(f"cio.{portal_world.own}")
    answer = cio.http.post(
        "/requests/new/list",
        data={"csrf": cio.csrf, "municipality": own, "step": "check"},
        files={"file": ("new.csv", "שם,,\nנועה לוי,,\nנועה לוי,,\n".encode())},
        headers={"accept-language": "en"},
    )
    assert answer.status_code == 200, answer.text
    town = inventory.load(portal_world.world.inventory).municipality(own)
    taken = max(town.seats, key=town.seats.__getitem__)
    assert f"<bdi>{taken}</bdi>" in answer.text
    assert re.search(r"2 seats needed, [\d,]+ left in the budget", answer.text)
    assert "The same name as in line 2." in answer.text

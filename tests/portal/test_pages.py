"""What single pages do beside being there: each as its reader uses it, by HTTP."""

from __future__ import annotations

import re
import subprocess

from portal_world import PortalWorld, Visit, fields_of

from provisioner import inventory


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
    shown = approver.get(request).text
    assert "+" in shown
    assert "04-999-4321" in shown
    version = re.search(r'name="version" value="(\d+)"', shown)
    assert version
    decided = approver.post(
        f"{request}/decide", version=version[1], verdict="approve", reason=""
    )
    assert decided.status_code == 303
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

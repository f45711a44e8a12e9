"""What somebody with bad intentions tries at the portal, and what then does not happen."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

import httpx
import pytest
from api_world import answering
from portal_world import PortalWorld, Visit, Visitor, path_of, routes

from provisioner.errors import InventoryInvalid
from provisioner.model.cluster import Cluster
from provisioner.portal.app import build_app
from provisioner.portal.surroundings import Portal

SCRIPT = "<script>alert(1)</script>"


def test_every_answer_bears_the_headers_that_browsers_obey(
    portal_world: PortalWorld, stranger: Visitor
) -> None:
    for path in ("/", "/accessibility", "/nowhere", "/static/portal.css"):
        headers = stranger.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
    assert stranger.get("/accessibility").headers["cache-control"] == "no-store"


def test_no_page_has_a_script_or_a_style_within(
    portal_world: PortalWorld, visit: Visit
) -> None:
    for path in (
        "/",
        f"/drift/{portal_world.drifted}",
        f"/runs/{portal_world.run.id}",
        f"/requests/{portal_world.request}",
        f"/seats?municipality={portal_world.own}",
        f"/search?words={portal_world.own}",
    ):
        text = visit("it").get(path).text
        assert "<style" not in text
        assert not re.search(r"<[^>]* (style|on[a-z]+)=", text), path
        assert all("src=" in one for one in re.findall(r"<script[^>]*>", text)), path


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/",
        "//elsewhere.example/",
        "/\\elsewhere.example",
        "/\t/elsewhere.example",
        "javascript:alert(1)",
        "\u2028//elsewhere.example",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(
    stranger: Visitor, target: str
) -> None:
    assert stranger.sign_in("auditor", target).headers["location"] == "/"


def test_signing_in_leads_back_to_the_page_that_was_wanted(stranger: Visitor) -> None:
    away = stranger.get("/drift?state=drifted").headers["location"]
    assert away == "/sign-in?next=%2Fdrift%3Fstate%3Ddrifted"
    there = stranger.sign_in("auditor", "/drift?state=drifted")
    assert there.headers["location"] == "/drift?state=drifted"


def test_a_session_begins_with_an_id_that_nobody_knew_before(
    portal_world: PortalWorld, stranger: Visitor
) -> None:
    chosen = "chosen-by-somebody-else"
    stranger.http.cookies.set("provisioner-session", chosen, domain="127.0.0.1")
    stranger.sign_in("auditor")
    first = stranger.http.cookies["provisioner-session"]
    assert first != chosen
    stranger.sign_in("operator")
    second = stranger.http.cookies["provisioner-session"]
    assert second != first
    # The session of before is over, not only forgotten by this browser.
    old = httpx.get(
        portal_world.url + "/", headers={"cookie": f"provisioner-session={first}"}
    )
    assert old.headers["location"].startswith("/sign-in")
    with portal_world.world.store() as store, store.database.read() as connection:
        kept = connection.exec_driver_sql("select * from portal_sessions").fetchall()
    assert second not in str(kept)


def test_signed_out_is_signed_out_for_whoever_kept_the_cookie(
    portal_world: PortalWorld, stranger: Visitor
) -> None:
    stranger.sign_in("auditor")
    kept = stranger.http.cookies["provisioner-session"]
    assert stranger.post("/sign-out").headers["location"] == "/signed-out"
    again = httpx.get(
        portal_world.url + "/", headers={"cookie": f"provisioner-session={kept}"}
    )
    assert again.headers["location"].startswith("/sign-in")


def test_a_form_needs_the_token_of_its_session_and_our_own_page(
    portal_world: PortalWorld, visit: Visit
) -> None:
    it = visit("it")
    form = {"key": portal_world.drifted}
    assert it.http.post("/drift/repair", data=form).status_code == 403
    strange = form | {"csrf": visit("auditor").csrf}
    assert it.http.post("/drift/repair", data=strange).status_code == 403
    own = form | {"csrf": it.csrf}
    for headers in (
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ):
        answer = it.http.post("/drift/repair", data=own, headers=headers)
        assert answer.status_code == 403, headers


def test_no_form_at_all_is_taken_without_the_token(
    portal_world: PortalWorld, visit: Visit
) -> None:
    it = visit("it")
    for method, template in routes():
        if method == "POST":
            path = path_of(template, portal_world)
            assert it.http.post(path, data={"x": "y"}).status_code == 403, path
    assert it.get("/").status_code == 200, "and nobody was signed out by it"


def test_a_code_is_of_no_use_in_another_browser_or_twice(
    portal_world: PortalWorld, stranger: Visitor
) -> None:
    assert stranger.get("/signed-in?code=made-up&state=made-up").status_code == 400
    answer = stranger.sign_in("auditor")
    assert answer.status_code == 303
    back = str(answer.request.url)
    thief = httpx.get(back)
    assert thief.status_code == 400
    assert "set-cookie" not in thief.headers
    assert stranger.get(back.removeprefix(portal_world.url)).status_code == 400


def test_another_host_is_turned_away(portal_world: PortalWorld) -> None:
    answer = httpx.get(portal_world.url + "/", headers={"host": "elsewhere.example"})
    assert answer.status_code == 421


def test_what_is_too_large_is_not_even_read(portal_world: PortalWorld) -> None:
    answer = httpx.post(portal_world.url + "/preferences", content=b"x" * (9 << 20))
    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for said in ("גדול מדי", "كبير جدًا", "at most 5 MiB"):
        assert said in answer.text

    def without_end() -> Iterator[bytes]:
        yield b"x"

    answer = httpx.post(portal_world.url + "/preferences", content=without_end())
    assert answer.status_code == 413


def test_markup_and_direction_tricks_in_names_are_only_shown(
    portal_world: PortalWorld, visit: Visit
) -> None:
    cio = visit(f"cio.{portal_world.own}")
    given = {
        "municipality": portal_world.own,
        "given_name": SCRIPT,
        "surname": "\u202egnitseretni",
        "license": "EXCHANGESTANDARD",
        "step": "check",
    }
    text = cio.post("/requests/new/person", **given).text
    assert SCRIPT not in text
    assert "&lt;script&gt;" in text
    searched = visit("auditor").get(f"/audit?words={SCRIPT}&actor=%22%3E{SCRIPT}").text
    assert SCRIPT not in searched
    assert SCRIPT not in visit("it").get(f"/drift?words={SCRIPT}").text


def test_a_cio_asks_for_nobody_elses_municipality(
    portal_world: PortalWorld, visit: Visit
) -> None:
    cio = visit(f"cio.{portal_world.own}")
    given = {
        "municipality": portal_world.other,
        "given_name": "א",
        "surname": "ב",
        "license": "EXCHANGESTANDARD",
        "step": "send",
    }
    assert cio.post("/requests/new/person", **given).status_code == 404
    rival = visit(f"cio.{portal_world.other}")
    assert rival.get(f"/requests/{portal_world.request}").status_code == 404
    withdrawn = rival.post(f"/requests/{portal_world.request}/withdraw", version="1")
    assert withdrawn.status_code == 404


def test_a_flood_of_sign_ins_is_slowed_down(stranger: Visitor) -> None:
    found = [stranger.get("/sign-in").status_code for _ in range(32)]
    assert found.count(302) == 30
    assert found[-1] == 429


@pytest.mark.parametrize(
    ("who", "shown"), [("cio.{own}", False), ("operator", False), ("auditor", True)]
)
def test_faults_of_the_inventory_are_told_only_to_who_may_read_it(
    portal_world: PortalWorld, apart: Portal, who: str, shown: bool
) -> None:
    faults: list[str] = []

    def load() -> Cluster:
        if faults:
            raise InventoryInvalid(faults)
        return apart.load()

    with answering(build_app(dataclasses.replace(apart, load=load))) as url:
        visitor = Visitor(url)
        visitor.sign_in(who.format(own=portal_world.own))
        faults.append("rameh/mailboxes.csv:3: 'somebody@rameh.example' is twice there")
        answer = visitor.get("/requests")
        visitor.close()
    assert answer.status_code == 503
    assert ("somebody@rameh.example" in answer.text) is shown

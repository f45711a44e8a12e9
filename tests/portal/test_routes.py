"""Every route by everybody, held against a table; and what of another is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from portal_world import PortalWorld, Visit, Visitor, path_of, routes

TABLE = Path(__file__).parent / "routes.tsv"
PEOPLE = (
    ("nobody", ""),
    ("no role", "admin"),
    ("CIO", "cio.{own}"),
    ("another CIO", "cio.{other}"),
    ("operator", "operator"),
    ("approver", "approver"),
    ("auditor", "auditor"),
    ("cluster IT", "it"),
)


def _status(who: Visitor, method: str, path: str) -> str:
    """The status; a GET that is sent to sign in says so."""
    # A form of nothing but the token: whoever may send it is told what is missing.
    answer = who.get(path) if method == "GET" else who.post(path)
    away = answer.headers.get("location", "").startswith("/sign-in?next=")
    return f"{answer.status_code}{' sign in' if away else ''}"


def test_every_route_answers_everybody_as_the_table_says(
    portal_world: PortalWorld, visit: Visit, request: pytest.FixtureRequest
) -> None:
    lines = ["\t".join(("route", *(name for name, _ in PEOPLE)))]
    for method, template in sorted(routes()):
        if template in ("/sign-out", "/sign-in", "/signed-in"):
            continue
        path = path_of(template, portal_world)
        found = [
            _status(
                visit(who.format(own=portal_world.own, other=portal_world.other)),
                method,
                path,
            )
            for _, who in PEOPLE
        ]
        lines.append("\t".join((f"{method} {template}", *found)))
    text = "\n".join(lines) + "\n"
    if request.config.getoption("--update-golden"):
        TABLE.write_text(text)
    assert text == TABLE.read_text(), "run pytest with --update-golden, and look at it"


def test_what_is_not_there_and_what_is_anothers_look_the_same(
    portal_world: PortalWorld, visit: Visit
) -> None:
    cio = visit(f"cio.{portal_world.own}")
    theirs = portal_world.drifted.replace(portal_world.own, portal_world.other)
    for path in (
        f"/municipalities/{portal_world.other}",
        "/municipalities/cluster@galil",
        "/municipalities/nowhere",
        f"/drift/{theirs}",
        "/drift/nowhere/mailbox/x",
    ):
        assert cio.get(path).status_code == 404, path
    listed = cio.get(f"/drift?municipality={portal_world.other}").text
    assert portal_world.own not in listed.partition("<main")[2].partition("/drift/")[2]
    everything = cio.get("/drift").text
    assert f"/drift/{portal_world.own}/" in everything
    assert f"/drift/{portal_world.other}/" not in everything
    assert portal_world.other not in cio.get("/seats").text

"""Every route of the API by every application and every bad token, against a table."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from api_world import NO_ROLE, Call, Signed, client_of, token_of
from cryptography.hazmat.primitives.asymmetric import rsa
from portal_world import PortalWorld

from provisioner.portal.api.app import build_api
from provisioner.portal.api.document import described

TABLE = Path(__file__).parent / "api_routes.tsv"
PREFIX = "/api/v1"
CALLERS = (
    ("no role", NO_ROLE),
    ("CIO", "cio.{own}"),
    ("another CIO", "cio.{other}"),
    ("operator", "operator"),
    ("approver", "approver"),
    ("auditor", "auditor"),
    ("cluster IT", "it"),
)
BAD = ("no token", "expired", "forged", "alg none", "for Graph")


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    return described(build_api(None))


def _routes(description: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, operations in description["paths"].items():
        for method in operations:
            yield method.upper(), path.removeprefix(PREFIX)


def _path(template: str, world: PortalWorld) -> str:
    _, kind, name = world.drifted.split("/", 2)
    return (
        template.replace("{slug}", world.own)
        .replace("{municipality}", world.own)
        .replace("{kind}", kind)
        .replace("{name}", name)
        .replace("{run_id}", world.run.id)
        .replace("{request_id}", world.request)
        .replace("{key}", world.backup)
    )


def _bad_tokens(world: PortalWorld, signed: Signed) -> dict[str, str]:
    good = signed()
    claims = jwt.decode(good, options={"verify_signature": False})
    kid = {"kid": jwt.get_unverified_header(good)["kid"]}
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    tokens = (
        "",
        signed(exp=int(time.time()) - 3600),
        jwt.encode(claims, stranger, "RS256", headers=kid),
        jwt.encode(claims, None, "none", headers=kid),
        token_of(world, "it", "https://graph.microsoft.com"),
    )
    return dict(zip(BAD, tokens, strict=True))


def _answered(client: httpx.Client, method: str, path: str) -> str:
    """The status; a body of nothing: whoever may send one is told what is missing."""
    answer = client.request(method, path, json={} if method != "GET" else None)
    kind = answer.headers["content-type"]
    wanted = "application/json" if answer.is_success else "application/problem+json"
    assert kind == wanted, (method, path, answer.text)
    return str(answer.status_code)


def test_every_route_answers_every_caller_as_the_table_says(
    portal_world: PortalWorld,
    call: Call,
    signed: Signed,
    description: dict[str, Any],
    request: pytest.FixtureRequest,
) -> None:
    bad = _bad_tokens(portal_world, signed)
    own, other = portal_world.own, portal_world.other
    good = [call(who.format(own=own, other=other)) for _, who in CALLERS]
    lines = ["\t".join(("route", *BAD, *(name for name, _ in CALLERS)))]
    for method, template in sorted(_routes(description)):
        path, found = _path(template, portal_world), []
        for token in bad.values():
            with client_of(portal_world.url, token) as client:
                found.append(_answered(client, method, path))
        found += [_answered(client, method, path) for client in good]
        lines.append("\t".join((f"{method} {template}", *found)))
    text = "\n".join(lines) + "\n"
    if request.config.getoption("--update-golden"):
        TABLE.write_text(text)
    assert text == TABLE.read_text(), "run pytest with --update-golden, and look at it"


def test_what_is_not_there_and_what_is_anothers_look_the_same(
    portal_world: PortalWorld, call: Call
) -> None:
    cio = call(f"cio.{portal_world.own}")
    rival = call(f"cio.{portal_world.other}")
    _, kind, name = portal_world.to_repair.split("/", 2)
    problems = []
    for client, path in (
        (cio, f"/municipalities/{portal_world.other}"),
        (cio, "/municipalities/cluster@galil"),
        (cio, "/municipalities/nowhere"),
        (cio, f"/drift/{portal_world.other}/{kind}/{name}"),
        (cio, "/drift/nowhere/mailbox/x"),
        (cio, "/requests/nothing"),
        (rival, f"/requests/{portal_world.request}"),
        (cio, "/no/such/path"),
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        problems.append(answer.json())
    assert all(one == problems[0] for one in problems)
    asked = {"municipality": portal_world.other, "wish": _wish()}
    assert cio.post("/requests", json=asked).status_code == 404


def _wish() -> dict[str, Any]:
    person = {"given_name": "א", "surname": "ב", "license": "EXCHANGESTANDARD"}
    return {"sort": "new_mailboxes", "people": [person]}


def test_lists_of_a_cio_hold_nothing_of_others(
    portal_world: PortalWorld, call: Call
) -> None:
    cio = call(f"cio.{portal_world.own}")
    for path in ("/municipalities", "/seats", "/drift", "/backups", "/requests"):
        answer = cio.get(path, params={"limit": 200})
        assert answer.status_code == 200
        assert portal_world.other not in answer.text, path
    asked = cio.get("/drift", params={"municipality": portal_world.other}).json()
    assert asked == {"items": [], "next": None}


def test_an_address_says_which_methods_it_takes(call: Call) -> None:
    it = call("it")
    for method, path, allowed in (
        ("DELETE", "/requests", "GET, POST"),
        ("POST", "/municipalities", "GET"),
        ("PATCH", "/runs/some", "GET"),
        ("PUT", "/openapi.json", "GET"),
    ):
        answer = it.request(method, path)
        assert answer.status_code == 405
        assert answer.headers["allow"] == allowed
        assert answer.headers["content-type"] == "application/problem+json"


def test_pages_of_a_list_hold_each_item_once(
    portal_world: PortalWorld, call: Call
) -> None:
    it = call("it")
    town = f"/municipalities/{portal_world.own}/mailboxes"
    for path in ("/municipalities", "/drift", "/seats", "/audit", town):
        whole = it.get(path, params={"limit": 200}).json()["items"][:12]
        found, following = [], f"/api/v1{path}?limit=3"
        while following and len(found) < len(whole):
            answer = it.get(f"{portal_world.url}{following}")
            found += answer.json()["items"]
            link = answer.links.get("next")
            assert (answer.json()["next"] is None) == (link is None)
            following = link["url"] if link else ""
        if path == "/audit":  # it grows meanwhile
            numbers = [one["id"] for one in found]
            assert numbers == sorted(numbers, reverse=True)
        else:
            assert found[: len(whole)] == whole, path


def test_a_cursor_of_elsewhere_is_refused(call: Call) -> None:
    it = call("it")
    other = it.get("/municipalities", params={"limit": 1}).json()["next"]
    noise = random.Random(7)  # noqa: S311
    made_up = ["", "x", "W10", "e30", "ä", other[:-3], *(noise.randbytes(9).hex(),)]
    for cursor in (other, *made_up):
        answer = it.get("/seats", params={"cursor": cursor})
        assert answer.status_code == 422, cursor
        (wrong,) = answer.json()["errors"]
        assert wrong["parameter"] == "cursor"
    for path in ("/audit?words=%00", "/runs/%00", "/seats?cursor=%00"):
        assert it.get(path).status_code == 422
    keys = {"order": "repair", "keys": ["a\0/b/c"]}
    assert it.post("/runs", json=keys).json()["errors"][0]["pointer"] == "/keys"
    for limit in ("0", "201", "many"):
        answer = it.get("/seats", params={"limit": limit})
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["parameter"] == "limit"

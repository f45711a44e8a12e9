"""A request at the terminal, from asking to a mailbox that is proven, on a real tenant."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rehearsal import Ended
from towns import Town

from provisioner.errors import RequestRefused, RequestUnknown, SecretUnavailable
from provisioner.inventory import load
from provisioner.model.viewer import Viewer
from provisioner.model.wish import NewMailboxes, NewPerson
from provisioner.service.requests import Desk, everything
from provisioner.settings import Settings
from provisioner.store.secret_key import load_key

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(300)]
OFFICE = "שם פרטי,שם משפחה,מחלקה,תפקיד\nנועה,אורן,חינוך,רכזת\n"
NOA = everything("Noa")


def told(ended: Ended, code: int = 0) -> Any:
    assert ended.code == code, ended.err + ended.out
    return json.loads(ended.out)


def git(town: Town, *words: str) -> str:
    folder = town.world.inventory
    who = ("-c", "user.name=t", "-c", "user.email=t@t.example")
    ended = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return ended.stdout.strip()


@pytest.fixture
def committed(town: Town) -> Town:
    """A settled town whose inventory is in a repository."""
    git(town, "init", "--quiet")
    git(town, "add", ".")
    git(town, "commit", "--quiet", "--message=begin")
    return town


def by(town: Town, name: str, *words: str) -> Any:
    return told(town.world.run(*words, "--json", actor=name))


@contextmanager
def desk_of(town: Town) -> Iterator[Desk]:
    world = town.world
    with world.store() as store:
        folder = world.inventory
        yield Desk(store, lambda: load(folder), folder, lambda: datetime.now(UTC))


def test_a_list_from_the_office_becomes_mailboxes_that_answer(
    committed: Town, tmp_path: Path
) -> None:
    town = committed
    office = tmp_path / "new.csv"
    office.write_bytes(OFFICE.encode("windows-1255"))
    words = ("import", "people", str(office), "--municipality", town.slug)
    asked = by(town, "Huda", *words)
    assert by(town, "Huda", *words)["id"] == asked["id"], "the same file is one request"
    (person,) = asked["wish"]["people"]
    address = person["address"]
    with desk_of(town) as desk:
        assert f"+{address}" in desk.diff(NOA, asked["id"])
        with pytest.raises(RequestRefused, match="two people"):
            desk.approve(everything("huda "), asked["id"], 1)
    approved = by(town, "Noa", "requests", "approve", asked["id"])
    assert approved["state"] == "provisioning"
    assert approved["commit"] == git(town, "rev-parse", "HEAD")
    assert git(town, "log", "-1", "--format=%an") == "Huda"
    assert git(town, "status", "--porcelain") == ""

    assert town.world.run("worker", "--drain").code == 0
    with desk_of(town) as desk:
        steps = [one.state.value for one in desk.steps(NOA, asked["id"])]
    line = ["submitted", "approved", "recorded", "provisioning", "ready"]
    assert steps == line
    assert address in town.users()
    _hand_over(town, asked["id"], address)


def _hand_over(town: Town, request_id: str, address: str) -> None:
    """The password is read once, by who sees the municipality."""
    huda = Viewer("Huda", frozenset({town.slug}))
    stranger = Viewer("Sami", frozenset({"elsewhere"}))
    with desk_of(town) as desk:
        secrets = desk.store.secrets(load_key(Settings(var=town.world.var)))
        with pytest.raises(RequestUnknown):
            desk.password(stranger, request_id, address, secrets)
        assert len(desk.password(huda, request_id, address, secrets)) >= 12
        with pytest.raises(SecretUnavailable):
            desk.password(huda, request_id, address, secrets)
        newest = desk.store.audit.latest(1)[0]
    assert (newest.actor, newest.action) == ("Huda", "secret.read")


def test_what_else_is_open_in_the_municipality_is_left_as_it_is(town: Town) -> None:
    other = town.active()[0]["address"]
    before = town.users()[other]
    town.amend(other, job_title="not asked for")
    git(town, "init", "--quiet")
    git(town, "add", ".")
    git(town, "commit", "--quiet", "--message=begin")
    wish = NewMailboxes(
        (NewPerson("", "נועה אורן", "EXCHANGESTANDARD", "נועה", "אורן"),)
    )
    with desk_of(town) as desk:
        asked = desk.submit(everything("Huda"), town.slug, wish, key="1")
        desk.approve(NOA, asked.id, 1)
        assert town.world.run("worker", "--drain").code == 0
        assert desk.get(NOA, asked.id).state == "ready"
    assert town.users()[other] == before
    left = told(town.run("plan", "--json"), 2)["municipalities"]
    names = [change["name"] for one in left for change in one["changes"]]
    assert names == [other], "the new person is in the administrative unit too"


def test_who_leaves_is_one_field_of_one_line_and_switched_off_by_any_apply(
    committed: Town,
) -> None:
    town = committed
    address = town.active()[-1]["address"]
    wish = town.world.folder / f"{town.slug}.json"
    wish.write_text(json.dumps({"sort": "leaver", "address": address}))
    slug = ("--municipality", town.slug)
    asked = by(town, "Huda", "requests", "submit", str(wish), *slug)
    with desk_of(town) as desk:
        assert desk.approve(NOA, asked["id"], 1).commit == git(
            town, "rev-parse", "HEAD"
        )
    assert git(town, "show", "--shortstat", "--format=", "HEAD").startswith(
        "1 file changed, 1 insertion(+), 1 deletion(-)"
    )
    ended = town.run("apply", "--yes")
    assert ended.code == 0, ended.out + ended.err
    with desk_of(town) as desk:
        steps = desk.steps(NOA, asked["id"])
    assert steps[-1].state == "ready", steps
    assert not town.users()[address]["accountEnabled"]


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ('{"sort": "holiday"}', "holiday"),
        ('{"sort": "leaver", "address": "nobody"}', "has no person nobody@"),
    ],
)
def test_a_wish_that_means_nothing_is_told(
    wish: str, words: str, town: Town, tmp_path: Path
) -> None:
    file = tmp_path / "wish.json"
    file.write_text(wish)
    ended = town.world.run(
        "requests", "submit", str(file), "--municipality", town.slug, "--json"
    )
    answer = told(ended, 1)
    assert words in answer["message"] + answer["remedy"]

"""A request at the terminal, from asking to a mailbox that is proven, on a real tenant."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from rehearsal import Ended
from towns import Town

from provisioner.model.wish import NewMailboxes
from provisioner.service.requests import Desk, everything
from provisioner.settings import Settings
from provisioner.store.secret_key import load_key

pytestmark = pytest.mark.end_to_end


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


def by(town: Town, name: str, *words: str) -> Ended:
    return town.world.run(*words, "--json", actor=name)


def test_a_list_from_the_office_becomes_mailboxes_that_answer(
    town: Town, tmp_path: Path
) -> None:
    git(town, "init", "--quiet")
    git(town, "add", ".")
    git(town, "commit", "--quiet", "--message=begin")
    office = tmp_path / "new.csv"
    office.write_bytes(
        "שם פרטי,שם משפחה,מחלקה,תפקיד\nנועה,אורן,חינוך,רכזת\n".encode("windows-1255")
    )
    slug = ("--municipality", town.slug)
    preview = told(
        by(town, "Huda", "import", "people", str(office), *slug, "--preview")
    )
    (row,) = preview["rows"]
    address = row["person"]["address"]
    assert address.endswith(f"@{town.domain}")
    asked = told(by(town, "Huda", "import", "people", str(office), *slug))
    again = told(by(town, "Huda", "import", "people", str(office), *slug))
    assert again["id"] == asked["id"], "the same file twice is one request"
    own = told(by(town, "huda ", "requests", "approve", asked["id"]), 1)
    assert "two people" in own["message"]
    shown = told(by(town, "Noa", "requests", "show", asked["id"]), 2)
    assert f"+{address}" in shown["diff"]
    approved = told(by(town, "Noa", "requests", "approve", asked["id"]))
    assert approved["state"] == "provisioning"
    assert approved["commit"] == git(town, "rev-parse", "HEAD")
    assert git(town, "log", "-1", "--format=%an") == "Huda"
    assert git(town, "status", "--porcelain") == ""

    assert town.world.run("worker", "--drain").code == 0
    done = told(by(town, "Noa", "requests", "show", asked["id"]))
    assert [one["state"] for one in done["steps"]] == [
        "submitted",
        "approved",
        "recorded",
        "provisioning",
        "ready",
    ], done
    assert address in town.users()
    _hand_over(town, asked["id"], address)
    _leave(town, address)


def _hand_over(town: Town, request_id: str, address: str) -> None:
    """The password is read once, by who sees the municipality."""
    from provisioner.errors import RequestUnknown, SecretUnavailable
    from provisioner.inventory import load
    from provisioner.model.viewer import Viewer

    world = town.world
    settings = Settings(var=world.var)
    with world.store() as store:
        secrets = store.secrets(load_key(settings))
        desk = Desk(
            store,
            lambda: load(world.inventory),
            world.inventory,
            _never,  # type: ignore[arg-type]
        )
        huda = Viewer("Huda", frozenset({town.slug}))
        stranger = Viewer("Sami", frozenset({"elsewhere"}))
        with pytest.raises(RequestUnknown):
            desk.password(stranger, request_id, address, secrets)
        password = desk.password(huda, request_id, address, secrets)
        assert len(password) >= 12
        with pytest.raises(SecretUnavailable):
            desk.password(huda, request_id, address, secrets)
        newest = store.audit.latest(1)[0]
        assert (newest.actor, newest.action) == ("Huda", "secret.read")
        request = desk.get(everything("Noa"), request_id)
        assert isinstance(request.wish, NewMailboxes)


def _never() -> None:
    raise AssertionError("nothing here takes the time")


def _leave(town: Town, address: str) -> None:
    """The same person leaves: one field of one line, and a mailbox switched off."""
    wish = town.world.folder / f"{town.slug}.json"
    wish.write_text(json.dumps({"sort": "leaver", "address": address}))
    slug = ("--municipality", town.slug)
    asked = told(by(town, "Huda", "requests", "submit", str(wish), *slug))
    assert told(by(town, "Noa", "requests", "approve", asked["id"]))["commit"]
    assert git(town, "show", "--shortstat", "--format=", "HEAD").startswith(
        "1 file changed, 1 insertion(+), 1 deletion(-)"
    )
    ended = town.run("apply", "--yes")
    assert ended.code == 0, ended.out + ended.err
    done = told(by(town, "Noa", "requests", "show", asked["id"]))
    assert done["state"] == "ready", done["steps"]
    assert not town.users()[address]["accountEnabled"]


def test_wrong_words_at_the_terminal_are_told(town: Town, tmp_path: Path) -> None:
    wish = tmp_path / "wish.json"
    wish.write_text('{"sort": "holiday"}')
    slug = ("--municipality", town.slug)
    ended = by(town, "Huda", "requests", "submit", str(wish), *slug)
    assert "holiday" in told(ended, 1)["message"]
    wish.write_text('{"sort": "leaver", "address": "nobody"}')
    ended = by(town, "Huda", "requests", "submit", str(wish), *slug)
    assert "has no person" in told(ended, 1)["remedy"]
    ended = by(town, "Huda", "requests", "show", "R1")
    assert told(ended, 1)["error"] == "RequestUnknown"
    ended = by(town, "Huda", "requests", "list", "--state", "gone")
    assert "submitted" in told(ended, 1)["remedy"]
    bad = tmp_path / "bad.csv"
    bad.write_text("name,role\nx,pilot\n")
    ended = by(town, "Huda", "import", "people", str(bad), *slug)
    (row,) = told(ended, 1)["rows"]
    assert row["faults"][0]["code"] == "unknown-role"

"""Each difference on a host on its own: `tests/cases/{server,website,…}/<case>.yml`.

A case says what was `seen` otherwise than wanted, and gives the fields that differ with
their drift, and what an apply would touch.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from provisioner.kinds.host.backup_jobs import backup_part
from provisioner.kinds.host.differ import SeenPart, compared
from provisioner.kinds.host.merge import merge
from provisioner.kinds.host.narrow import narrowed
from provisioner.kinds.host.servers import server_part
from provisioner.kinds.host.websites import website_part
from provisioner.model.host_state import HostPart, facts
from provisioner.model.hosts import (
    Accessibility,
    Admin,
    BackupJob,
    Host,
    Server,
    Website,
)
from provisioner.model.municipality import Municipality, Names

ROOMS = Path(__file__).parents[2] / "cases"
KINDS = ("server", "website", "wordpress", "backup_job")
CASES = sorted(path for kind in KINDS for path in (ROOMS / kind).glob("*.yml"))
JOB = BackupJob(
    "papers", "web-1", "/srv/copies", "env/RAMEH_BACKUP", paths=("/srv/papers",)
)
TOWN = Municipality(
    slug="rameh",
    names=Names("", "", ""),
    cbs_code="",
    type="city",
    tenant="",
    domain="rameh.example",
    language="he",
    seats={},
    cios=(),
    people=(),
    file="",
    people_file="",
)
SITE = Website(
    "main",
    "static",
    "web-1",
    "www.rameh.example",
    "he",
    "הראמה",
    Accessibility("Noa", "04-999-0001", "access@rameh.example"),
)
HOST = Host("web-1", "galil", "10.0.0.1", ())
HOME = "/home"


def _read(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8").replace("<home>", HOME)
    case: dict[str, Any] = yaml.safe_load(text)
    return case


def _part(admins: list[str]) -> HostPart:
    people = tuple(Admin(name, ("ssh-ed25519 AAAA",)) for name in admins)
    return server_part(Server("web-1", "web-1.galil.example", admins=people), HOST)


def _whole(path: Path) -> HostPart:
    """What is wanted where nobody has left, by the kind of the case."""
    kind = path.parent.name
    if kind == "server":
        return _part(["dana", "noa"])
    if kind == "backup_job":
        return backup_part(TOWN, JOB, None)
    made_by: Any = "static" if kind == "website" else kind
    return website_part(msgspec.structs.replace(SITE, type=made_by), "rameh-main")


def _as_applied(case: dict[str, Any], part: HostPart) -> HostPart | None:
    if case.get("first"):
        return None
    before = _part(case["admins_before"]) if "admins_before" in case else part
    sudo = {one.path: one for one in part.files if "sudoers" in one.path}
    files = tuple(sudo.get(one.path, one) for one in before.files)
    return msgspec.structs.replace(before, files=files)


@pytest.mark.parametrize(
    "path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_a_resource_on_a_host_is_compared(path: Path) -> None:
    case = _read(path)
    part = _whole(path)
    before = _as_applied(case, part)
    seen = {**facts(part), **case.get("seen", {})}
    for name in case.get("seen_before", ()):
        assert before is not None
        seen[name] = facts(before)[name]
    found = list(compared(part, SeenPart(seen, case.get("texts", {})), before))
    assert {one.field: one.drift.value for one in found} == case["fields"], case["why"]
    shown = "\n".join(one.diff for one in found).splitlines()
    assert set(case.get("diff", ())) <= set(shown)
    state = narrowed(merge([("key", part)]), found)
    assert [one["path"] for one in state["gone"]] == case.get("gone", [])
    for group in ("sites", "databases"):
        names = [one["name"] for one in state[group]]
        assert names == case.get(group, names)
    services = [one["name"] for one in state["services"]]
    assert services == case.get("services", services if case["fields"] else [])
    stale = [one["name"] for one in state["services"] if one["stale"]]
    assert stale == case.get("stale", [])


def test_what_a_package_puts_in_the_way_goes_with_its_first_installation() -> None:
    part = website_part(SITE, "rameh-main")
    seen = SeenPart({**facts(part), "package nginx": None})
    state = narrowed(merge([("key", part)]), compared(part, seen, part))
    assert [one["name"] for one in state["absent"]] == list(part.absent)

"""Every fault of `tests/cases/hosts/faults.yml` on one host: told exactly, and repaired.

The module and Ansible's own check mode are two opinions on the same host. What check mode
can see, both see.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from lab import Lab
from made import Checked, Made

from provisioner.errors import TransientProviderError
from provisioner.kinds.host.differ import compared
from provisioner.kinds.host.observe import part_seen
from provisioner.kinds.host.servers import server_part
from provisioner.kinds.host.websites import website_part
from provisioner.model.change import FieldChange
from provisioner.model.hosts import Accessibility, Admin, Host, Server, Website
from provisioner.providers.ansible.hosts import Authority, HostSeen
from provisioner.sandbox.sample.machines import public_key

NAME = "faulty1"
TABLE = Path(__file__).parents[1] / "cases" / "hosts" / "faults.yml"
FAULTS: list[dict[str, Any]] = yaml.safe_load(
    TABLE.read_text(encoding="utf-8").replace("<home>", "/home")
)
AT_ONCE = [one for one in FAULTS if "unknown" not in one]
UNREADABLE = [one for one in FAULTS if "unknown" in one]
SERVER = Server(
    NAME,
    f"{NAME}.galil.example",
    admins=tuple(Admin(who, (public_key(who),)) for who in ("dana", "noa", "omer")),
)
SITE = Website(
    "main",
    "static",
    NAME,
    "www.rameh.example",
    "ar",
    "الرامة",
    Accessibility("سمير", "04-999-0001", "access@rameh.example"),
)


@pytest.fixture(scope="module")
def made(lab: Lab, authority: Authority) -> Iterator[Made]:
    """A host with a server and a website on it."""
    host = lab.host(NAME)
    part = server_part(SERVER, Host(NAME, "galil", "10.0.0.1", ()), web=True)
    site = website_part(SITE, "rameh-main")
    one = Made(lab, host, part, authority, (site,))
    assert one.apply(one.state) is None
    yield one
    lab.drop(host)


def _told(made: Made) -> dict[tuple[str, str], FieldChange]:
    """What is not as wanted, by kind and field."""
    seen = made.seen()
    assert isinstance(seen, HostSeen), seen
    return {
        (kind, one.field): one
        for kind, part in zip(("server", "website"), made.parts, strict=True)
        for one in compared(part, part_seen(seen), part)
    }


def _fields(fault: dict[str, Any]) -> set[tuple[str, str]]:
    return {(kind, one) for kind, some in fault.get("told", {}).items() for one in some}


def _in_check_mode(fault: dict[str, Any], checked: Checked) -> str:
    """What check mode made of a fault: the word that the table has for it."""
    items = [_item(field) for _, field in _fields(fault)]
    for word, told in (("fails", checked.failed), ("sees", checked.changed)):
        if any(one.endswith(item) for item in items for one in told):
            return word
    return "misses"


def _item(field: str) -> str:
    """How check mode names what a fact is about."""
    kind, _, rest = field.partition(" ")
    if kind == "package":
        return "Packages | Install: "
    return f": {rest.partition(' ')[0] or NAME}"


def test_faults_are_told_by_resource_and_field_and_repaired(made: Made) -> None:
    assert _told(made) == {}
    quiet = made.check_mode()
    assert quiet == Checked(set(), set())

    made.as_root(*(one["by"] for one in AT_ONCE))
    seen = made.seen()
    assert isinstance(seen, HostSeen)
    told = _told(made)
    assert set(told) == {field for one in AT_ONCE for field in _fields(one)}
    assert set(seen.undeclared) == {i for one in AT_ONCE for i in one.get("added", ())}
    sshd = told["server", f"file {_path(AT_ONCE[0])} content"]
    assert "-# mine" in sshd.diff.splitlines()
    checked = made.check_mode()
    words = {one["fault"]: _in_check_mode(one, checked) for one in AT_ONCE}
    assert words == {one["fault"]: one["check"] for one in AT_ONCE}

    assert made.repair() is None
    assert _told(made) == {}
    made.as_root(*(one["undo"] for one in AT_ONCE if "undo" in one))
    seen = made.seen()
    assert isinstance(seen, HostSeen)
    assert seen.undeclared == {}
    assert made.check_mode() == quiet


def _path(fault: dict[str, Any]) -> str:
    path: str = fault["by"].rpartition(">>")[2]
    return path


@pytest.mark.parametrize("fault", UNREADABLE, ids=lambda one: one["fault"])
def test_a_host_that_cannot_be_read_is_unknown(lab: Lab, fault: dict[str, Any]) -> None:
    one = Made(lab, lab.fresh(), server_part(SERVER, Host("x", "galil", "", ())))
    lab.console(one.host, fault["by"])
    seen = one.seen()
    assert isinstance(seen, TransientProviderError)
    assert fault["unknown"] in str(seen).lower()
    lab.drop(one.host)

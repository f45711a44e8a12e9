"""A server on a real host: made, broken by hand in every way, seen, and repaired."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab import Lab
from made import Made
from msgspec import structs

from provisioner.errors import ProviderError
from provisioner.kinds.host.servers import server_part
from provisioner.model.host_state import HostPart
from provisioner.model.hosts import Admin, Host, Opening, Server
from provisioner.providers.ansible.hosts import Hosts
from provisioner.sandbox.sample.machines import public_key

NAME = "server1"
SSHD = "/etc/ssh/sshd_config.d/10-provisioner.conf"
JOURNAL = "/etc/systemd/journald.conf.d/50-provisioner.conf"
TIME = "/etc/systemd/timesyncd.conf.d"
DANA, NOA = "/home" + "/dana/.ssh", "/home" + "/noa/.ssh"


def _part(name: str) -> HostPart:
    server = Server(
        name,
        f"{name}.galil.example",
        admins=(Admin("dana", (public_key("d"),)), Admin("noa", (public_key("n"),))),
        allow=(Opening(443),),
        metrics_from=("10.77.0.0/16",),
    )
    return server_part(server, Host(name, "galil", "10.0.0.1", ()))


@pytest.fixture(scope="module")
def made(lab: Lab) -> Iterator[Made]:
    """A host with a server on it, for the tests of this module."""
    one = Made(lab, lab.host(NAME), _part(NAME))
    assert one.apply(one.state) is None
    yield one
    lab.drop(one.host)


def test_the_host_is_what_the_inventory_says(made: Made) -> None:
    run = made.lab.run
    told = run(made.host, "hostname -f; date +%Z; sudo sshd -T | grep -i passwordauth")
    assert told.stdout.splitlines() == [
        f"{NAME}.galil.example",
        "IST",
        "passwordauthentication no",
    ]
    assert "sshd" in run(made.host, "sudo fail2ban-client status").stdout
    assert "node_cpu" in made.lab.browser().get(f"http://{NAME}:9100/metrics").text


def test_a_file_that_its_program_refuses_is_never_put_in_place(made: Made) -> None:
    files = [one for one in made.state["files"] if one["path"] == SSHD]
    broken = {"files": [{**files[0], "content": "Port many\n"}]}
    failed = made.apply(broken)
    assert isinstance(failed, ProviderError)
    assert SSHD in str(failed)
    assert f"file {SSHD} content" not in made.differs()


def test_no_string_of_a_state_is_ever_a_template(made: Made, tmp_path: Path) -> None:
    """A canary in every string that reaches a host; the controller never runs it."""
    touched = tmp_path / "canary"
    told = f"canary-{secrets.token_hex(4)}"
    canary = f"{told}{{{{ lookup('pipe', 'touch {touched}') }}}}{{% set x = 1 %}}"
    owned = {"mode": "0644", "owner": "root", "group": "root", "resource": canary}
    file = {**owned, "path": "/srv/canary", "content": f"{canary}\n", "validate": ""}
    # Whatever becomes of one part, the next is tried with its own.
    failed = made.apply(
        {
            "hostname": [{"name": canary}],
            "packages": [{"name": canary}],
            "accounts": [{"name": canary, "groups": [canary], "shell": f"/{canary}"}],
            "directories": [{**owned, "path": f"/srv/{canary}", "owner": canary}],
            "files": [file],
            "links": [{"path": f"/srv/{canary}", "target": f"/{canary}"}],
            "services": [{"name": canary, "reads": [canary], "restart": False}],
        }
    )
    for part in ("Packages", "Hostname", "Accounts", "Folders", "Services"):
        assert f"{part} | " in str(failed)
    assert made.lab.run(made.host, "cat /srv/canary").stdout == f"{canary}\n"
    assert not touched.exists()
    reach = structs.replace(made.reach, address=canary, user=canary, key_file=canary)
    asyncio.run(Hosts({NAME: reach}).observe({NAME: made.state}))
    assert not touched.exists()
    made.lab.run(made.host, "sudo sh -c 'rm -rf /srv/canary*'")

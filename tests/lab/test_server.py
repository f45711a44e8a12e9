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

from provisioner.errors import ProviderError, TransientProviderError
from provisioner.kinds.host.servers import server_part
from provisioner.model.host_state import HostPart
from provisioner.model.hosts import Admin, Host, Opening, Server
from provisioner.providers.ansible.hosts import Hosts, HostSeen
from provisioner.sandbox.sample.machines import public_key

NAME = "server1"
SSHD = "/etc/ssh/sshd_config.d/10-provisioner.conf"
JOURNAL = "/etc/systemd/journald.conf.d/50-provisioner.conf"
TIME = "/etc/systemd/timesyncd.conf.d"
DANA, NOA = "/home" + "/dana/.ssh", "/home" + "/noa/.ssh"

# What somebody does by hand, and the facts that then are not as wanted.
FAULTS: dict[str, tuple[str, set[str]]] = {
    "a file edited": (
        f"echo '# mine' >>{SSHD}",
        {f"file {SSHD} content", "service ssh current"},
    ),
    "a mode": ("chmod 0666 /etc/timezone", {"file /etc/timezone mode"}),
    "an owner": (
        "chown dana /etc/default/prometheus-node-exporter",
        {"file /etc/default/prometheus-node-exporter owner"},
    ),
    "a link in a file's place": (
        "mv /etc/hosts /etc/hosts.old; ln -s hosts.old /etc/hosts",
        {"file /etc/hosts content"},
    ),
    "a file removed": (
        "rm /etc/apt/apt.conf.d/52provisioner-upgrades",
        {"file /etc/apt/apt.conf.d/52provisioner-upgrades content"},
    ),
    "a link turned": (
        "ln -sfn /usr/share/zoneinfo/Europe/Oslo /etc/localtime",
        {"link /etc/localtime"},
    ),
    "a service stopped": (
        "systemctl stop fail2ban",
        {"service fail2ban running"},
    ),
    "a service disabled": (
        "systemctl disable -q unattended-upgrades",
        {"service unattended-upgrades enabled"},
    ),
    "a service masked": (
        "systemctl mask -q --now prometheus-node-exporter",
        {
            "service prometheus-node-exporter enabled",
            "service prometheus-node-exporter running",
        },
    ),
    "a package removed": (
        "apt-get -qq remove -y systemd-timesyncd >/dev/null 2>&1",
        {
            "package systemd-timesyncd",
            "service systemd-timesyncd enabled",
            "service systemd-timesyncd running",
        },
    ),
    "an account removed": (
        "userdel noa",
        {
            "account noa groups",
            f"directory {NOA} owner",
            f"file {NOA}/authorized_keys owner",
        },
    ),
    "another group": ("usermod -aG adm dana", {"account dana groups"}),
    "another shell": ("usermod -s /bin/sh dana", {"account dana shell"}),
    "a foreign key": (
        f"echo ssh-ed25519 AAAA >>{DANA}/authorized_keys",
        {f"file {DANA}/authorized_keys content"},
    ),
    "another name": ("hostname broken", {"hostname"}),
    "the firewall taken away": (
        "nft delete table inet provisioner",
        {"firewall /etc/nftables.conf"},
    ),
    "a folder open to all": (
        f"chmod 0777 {Path(JOURNAL).parent}",
        {f"directory {Path(JOURNAL).parent} mode"},
    ),
    "a folder removed": (
        f"rm -r {TIME}",
        {f"directory {TIME} owner", f"file {TIME}/50-provisioner.conf content"},
    ),
    "a file newer than who reads it": (
        f"sleep 0.2; touch {JOURNAL}",
        {"service systemd-journald current"},
    ),
    "sudo for everybody": (
        "echo 'ALL ALL=(ALL) NOPASSWD: ALL' >>/etc/sudoers.d/50-provisioner-admins",
        {"file /etc/sudoers.d/50-provisioner-admins content"},
    ),
}

# What somebody adds, and how it is told.
ADDED: dict[str, str] = {
    "file /etc/sudoers.d/extra": "echo '# x' >/etc/sudoers.d/extra",
    "file /etc/ssh/sshd_config.d/99-x.conf": (
        "echo '# x' >/etc/ssh/sshd_config.d/99-x.conf"
    ),
    "account mallory": "useradd -G sudo mallory",
    "timer evil.timer": "printf '[Timer]\\n' >/etc/systemd/system/evil.timer",
    "port tcp 8088": (
        "systemd-run -q --unit listener python3 -m http.server 8088 && sleep 1"
    ),
    "packaged file /usr/bin/fail2ban-client": "echo >>/usr/bin/fail2ban-client",
}

# What check mode cannot see: its modules look at other things, or not at all.
UNSEEN_BY_CHECK = {"service ssh current", "service systemd-journald current"}
# Where check mode breaks off: what it would make first is not there for what follows.
BREAKS_CHECK = ("a package removed", "an account removed")


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


def test_after_an_apply_neither_the_module_nor_check_mode_says_anything(
    made: Made,
) -> None:
    assert made.differs() == {}
    assert made.check_mode() == set()


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


def test_every_fault_made_by_hand_is_found_named_and_repaired(made: Made) -> None:
    faults = {what: one for what, one in FAULTS.items() if what not in BREAKS_CHECK}
    made.as_root(*(script for script, _ in faults.values()))
    expected = {field for _, some in faults.values() for field in some}
    found = made.differs()
    assert set(found) == expected
    diff = found[f"file {SSHD} content"].diff
    assert "-# mine" in diff.splitlines()
    checked = made.check_mode()
    missed = {
        field
        for field in expected
        if field not in UNSEEN_BY_CHECK
        and not field.startswith("firewall")
        and not any(_about(field) in one for one in checked)
    }
    assert missed == set()
    assert made.repair() is None
    assert made.differs() == {}
    assert made.check_mode() == set()


def test_what_check_mode_cannot_follow_is_found_and_repaired_as_well(
    made: Made,
) -> None:
    faults = [FAULTS[what] for what in BREAKS_CHECK]
    made.as_root(*(script for script, _ in faults))
    assert set(made.differs()) == {field for _, some in faults for field in some}
    assert made.repair() is None
    assert made.differs() == {}


def _about(field: str) -> str:
    """The item that check mode names for a fact."""
    kind, _, rest = field.partition(" ")
    if kind == "package":
        return "Packages"
    return rest.partition(" ")[0] if rest else NAME


def test_what_nobody_declared_is_told_and_left_alone(made: Made) -> None:
    made.as_root(*ADDED.values())
    seen = made.seen()
    assert isinstance(seen, HostSeen)
    assert set(seen.undeclared) == set(ADDED)
    assert made.differs() == {}


def test_a_host_with_another_key_or_none_at_all_is_unknown(lab: Lab) -> None:
    host = lab.fresh()
    one = Made(lab, host, _part(host.name))
    foreign = structs.replace(one.reach, host_keys=(public_key("somebody else"),))
    seen = one.seen(Hosts({host.name: foreign}))
    assert isinstance(seen, TransientProviderError)
    assert "host key" in str(seen).lower()
    lab.run(host, "sudo systemctl stop ssh", check=False)
    assert isinstance(one.seen(), TransientProviderError)
    assert isinstance(one.seen(Hosts({})), ProviderError)
    lab.drop(host)


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
    file = {
        "path": "/srv/canary",
        "content": f"{canary}\n",
        "mode": "0644",
        "owner": "root",
        "group": "root",
        "validate": "",
        "resource": canary,
    }
    assert made.apply({"files": [file]}) is None
    assert made.lab.run(made.host, "cat /srv/canary").stdout == f"{canary}\n"
    for group, item in {
        "hostname": {"name": canary},
        "packages": {"name": canary},
        "accounts": {"name": canary, "groups": [canary], "shell": f"/{canary}"},
        "directories": {**file, "path": f"/srv/{canary}", "owner": canary},
        "links": {"path": f"/srv/{canary}", "target": f"/{canary}"},
        "services": {"name": canary, "reads": [canary], "restart": False},
    }.items():
        made.apply({group: [item]})
        assert not touched.exists(), group
    reach = structs.replace(made.reach, address=canary, user=canary, key_file=canary)
    asyncio.run(Hosts({NAME: reach}).observe({NAME: made.state}))
    assert not touched.exists()
    made.lab.run(made.host, "sudo sh -c 'rm -rf /srv/canary*'")

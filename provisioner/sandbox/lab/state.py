"""Where a running lab is found: its hosts, the ways in, and the file that holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from provisioner.errors import SandboxError
from provisioner.process import is_alive

STATE_FILE = "lab.json"
ADMIN = "provisioner"


class LabHost(Struct, frozen=True):
    """One host of the lab.

    `address` is known inside the lab alone; this machine reaches the host's SSH at
    `ssh_address:ssh_port`, a relay on loopback. `key_file` is the absolute path of a
    private key for `user`, who has sudo without a password. `known_hosts` is one line
    of OpenSSH's known_hosts under the host's `name`, to be used with `HostKeyAlias`.
    """

    name: str
    address: str
    ssh_address: str
    ssh_port: int
    user: str
    key_file: str
    known_hosts: str


class LabState(Struct, frozen=True):
    """A running lab.

    `pid` and `token` (that of `provisioner.process`) name its process. `web_proxy` is the
    URL of an HTTP proxy on loopback that knows the hosts' names and every name that was
    pointed at one. `ssh_config` is a file for `ssh -F`, kept up to date with the hosts.
    `names` are the pointed ones: name to host. `init` is what starts services: a plain
    user's hosts have no systemd.
    """

    pid: int
    token: str
    hosts: tuple[LabHost, ...]
    init: Literal["systemd", "sysv"]
    web_proxy: str
    ssh_config: str
    names: dict[str, str] = {}

    def host(self, name: str) -> LabHost:
        """The host of that name; raises `SandboxError` naming those there are."""
        for one in self.hosts:
            if one.name == name:
                return one
        there = ", ".join(one.name for one in self.hosts) or "none"
        raise SandboxError(f"The lab has no host {name!r}, only {there}.")

    @property
    def alive(self) -> bool:
        """True while the process that wrote this state runs."""
        return is_alive(self.pid, self.token)


def lab_folder(sandbox: Path) -> Path:
    """The lab's folder within a sandbox's."""
    return sandbox / "lab"


def load_lab(folder: Path) -> LabState | None:
    """The state last written there, of a live process or not; None where none is."""
    try:
        content = (folder / STATE_FILE).read_bytes()
        return msgspec.json.decode(content, type=LabState)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def read_lab(folder: Path) -> LabState:
    """The running lab of this folder; raises `SandboxError` where none runs."""
    state = load_lab(folder)
    if state is None or not state.alive:
        raise SandboxError(
            f"No lab runs from {folder}.",
            remedy="Start one with: provisioner sandbox up --hosts 3 --detach.",
        )
    return state

"""Where a running sandbox is found: `state.json`, written when it answers."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from provisioner.errors import SandboxError
from provisioner.process import is_alive

_FILE = "state.json"


class TenantAccess(Struct, frozen=True):
    """How to sign in to one tenant of the sandbox."""

    name: str
    tenant_id: str
    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"TenantAccess({self.name!r}, {self.tenant_id!r})"


class ClientAccess(Struct, frozen=True):
    """An application that may ask for the portal's API, and its app roles there."""

    name: str
    client_id: str
    client_secret: str
    roles: tuple[str, ...]

    def __repr__(self) -> str:
        return f"ClientAccess({self.name!r}, {self.client_id!r})"


class SandboxState(Struct, frozen=True):
    """A running sandbox: process, addresses, and credentials of its tenants.

    `token` is that of `provisioner.process`, so that a recycled `pid` is not taken for
    ours. `graph_url` and `graph_url_https` end in `/v1.0`; `authority`
    has no path; `dns` is `host:port`; `admin_url` ends in `/_sandbox` and wants
    `admin_key` in `X-Sandbox-Key`. The first tenant's access is repeated at
    top level; `clients` are applications of it.
    """

    pid: int
    token: str
    graph_url: str
    graph_url_https: str
    authority: str
    ca_file: str
    dns: str
    admin_url: str
    admin_key: str
    tenants: tuple[TenantAccess, ...]
    tenant_id: str
    client_id: str
    client_secret: str
    clients: tuple[ClientAccess, ...] = ()

    def __repr__(self) -> str:
        return f"SandboxState(pid={self.pid}, graph_url={self.graph_url!r})"

    def tenant(self, name: str) -> TenantAccess:
        """The access of a tenant by its name in the inventory.

        Raises `SandboxError` naming those there are.
        """
        for one in self.tenants:
            if one.name == name:
                return one
        there = ", ".join(one.name for one in self.tenants)
        raise SandboxError(f"The sandbox has no tenant {name!r}, only {there}.")

    @property
    def alive(self) -> bool:
        """True while the process that wrote this state runs."""
        return is_alive(self.pid, self.token)


def load_state(directory: Path) -> SandboxState | None:
    """The state last written there, of a live process or not; None where none can be
    read."""
    try:
        content = (directory / _FILE).read_bytes()
        return msgspec.json.decode(content, type=SandboxState)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def read_state(directory: Path) -> SandboxState:
    """The state of the sandbox that runs from this folder.

    Raises `SandboxError` with the remedy where none runs.
    """
    state = load_state(directory)
    remedy = "Start it with: provisioner sandbox up --detach."
    if state is None:
        raise SandboxError(f"No sandbox runs from {directory}.", remedy=remedy)
    if not state.alive:
        raise SandboxError(
            f"The sandbox of {directory} ended without being stopped"
            f" (process {state.pid}).",
            remedy=remedy,
        )
    return state

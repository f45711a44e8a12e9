"""The sandbox's folder: its files by name, private atomic writes, one owner."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from provisioner.errors import SandboxError
from provisioner.sandbox.owning import owned
from provisioner.sandbox.tenant.seed import Conduct, TenantSeed
from provisioner.sandbox.zones import Host


class Ports(Struct, frozen=True):
    """Ports of the last start; kept so that stored delta links stay valid."""

    http: int = 0
    https: int = 0
    dns: int = 0


class Definition(Struct, frozen=True):
    """What the sandbox was started with; holds client secrets."""

    seeds: tuple[TenantSeed, ...]
    conduct: Conduct
    dns_mode: Literal["auto", "manual"] = "auto"
    publish_delay: float = 0.0
    domains: tuple[str, ...] = ()


class Folder:
    """All files the sandbox keeps between starts, readable by their owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state = path / "state.json"
        self.definition = path / "world.json"
        self.dump = path / "world.dump"
        self.dns = path / "dns.json"
        self.ports = path / "ports.json"
        self.log = path / "sandbox.log"
        self.lock = path / "sandbox.lock"
        self.authority = path / "ca.pem"
        self.authority_key = path / "ca.key"
        self.leaf = path / "leaf.pem"

    def make(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def read_definition(self) -> Definition | None:
        """What an earlier start used, None before the first.

        Raises `SandboxError` for a file of another version.
        """
        if not self.definition.is_file():
            return None
        with readable(self.definition):
            return msgspec.json.decode(self.definition.read_bytes(), type=Definition)

    def write_definition(self, definition: Definition) -> None:
        write_private(self.definition, msgspec.json.encode(definition))

    def read_ports(self) -> Ports:
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(self.ports.read_bytes(), type=Ports)
        return Ports()

    def read_host(self) -> Host | None:
        """What the DNS host remembers; raises `SandboxError` where it is garbled."""
        if not self.dns.is_file():
            return None
        with readable(self.dns):
            return msgspec.json.decode(self.dns.read_bytes(), type=Host)

    def owned(self) -> AbstractContextManager[None]:
        """Hold the folder; raises `SandboxError` where another process does."""
        return owned(self.lock)

    def purge(self) -> None:
        """Remove our own files, and the folder where nothing else is in it."""
        for file in vars(self).values():
            if file != self.path:
                file.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.rmdir()


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn what is wrong with a kept file into a `SandboxError` with the remedy."""
    try:
        yield
    except msgspec.MsgspecError as error:
        raise SandboxError(
            f"{path} cannot be read: {error}.",
            remedy="Start afresh with: provisioner sandbox down --purge.",
        ) from None


def write_private(path: Path, content: bytes) -> None:
    """Replace a file as a whole; a reader sees the old or the new, only we read it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise

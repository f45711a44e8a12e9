"""The lab's folder: its files by name. What hosts wrote is kept until a purge."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from provisioner.sandbox.folder import write_private
from provisioner.sandbox.lab import ssh_config
from provisioner.sandbox.lab.state import STATE_FILE
from provisioner.sandbox.lab.userns import remove


class Remembered(Struct):
    """What stays the same over restarts: numbers and ports of hosts, pointed names."""

    numbers: dict[str, int] = {}
    ports: dict[str, int] = {}
    web_proxy: int = 0
    names: dict[str, str] = {}


class LabFolder:
    """All files of one lab, readable by their owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.state = self.path / STATE_FILE
        self.remembered = self.path / "remembered.json"
        self.control = self.path / "control"
        self.log = self.path / "lab.log"
        self.lock = self.path / "lab.lock"
        self.key = self.path / "id_ed25519"
        self.cgroup = self.path / "cgroup"
        self.ssh_config = self.path / "ssh_config"
        self.known_hosts = ssh_config.known_hosts_of(self.ssh_config)
        self.hosts = self.path / "hosts"

    def make(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.hosts.mkdir(mode=0o755, exist_ok=True)

    def host(self, name: str) -> Path:
        """What one host wrote, its host key and its console."""
        return self.hosts / name

    def read_remembered(self) -> Remembered:
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(self.remembered.read_bytes(), type=Remembered)
        return Remembered()

    def write_remembered(self, remembered: Remembered) -> None:
        write_private(self.remembered, msgspec.json.encode(remembered))

    def forget(self, name: str) -> None:
        """Remove all that one stopped host wrote."""
        remove(self.host(name))

    def purge(self) -> None:
        """Remove our own files, and the folder where nothing else is in it."""
        remove(self.hosts)
        public = self.key.with_suffix(".pub")
        for file in (*vars(self).values(), public):
            if file not in (self.path, self.hosts):
                file.unlink(missing_ok=True)
        with suppress(OSError):
            self.path.rmdir()

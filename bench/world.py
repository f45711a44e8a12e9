"""A world to measure in: a large cluster, its sandbox in a process, the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.timing import Ended, process
from provisioner.inventory import load
from provisioner.model.cluster import Cluster
from provisioner.sandbox import process as sandbox
from provisioner.sandbox.outsider import order
from provisioner.sandbox.sample import write_large
from provisioner.sandbox.state import SandboxState
from provisioner.sandbox.tenant.seed import Conduct
from provisioner.settings import Settings, load_settings

_NO_WRITE = ("/$batch", "/mailboxSettings")
_EXCHANGE = " /adminapi/"
_PROGRAM = str(Path(sys.executable).with_name("provisioner"))


@dataclass(frozen=True)
class Requests:
    """Counts by method and path template: HTTP calls, and what their batches held."""

    calls: dict[str, int]
    batched: dict[str, int]

    @property
    def total(self) -> int:
        """HTTP calls; one `$batch` is one, whatever it holds."""
        return sum(self.calls.values())

    @property
    def writes(self) -> int:
        """What counts against the directory's quota of writes."""
        return sum(
            count
            for counted in (self.calls, self.batched)
            for call, count in counted.items()
            if not call.startswith("GET ")
            and not call.endswith(_NO_WRITE)
            and _EXCHANGE not in call
        )

    def __str__(self) -> str:
        most = sorted(self.calls.items(), key=lambda one: -one[1])[:4]
        return ", ".join(f"{count} {call}" for call, count in most)


@dataclass(frozen=True)
class World:
    """A cluster's files, its running sandbox, and where provisioner keeps its own."""

    inventory: Path
    var: Path
    cluster: Cluster
    state: SandboxState

    @property
    def settings(self) -> Settings:
        """What the command line works with, for measuring a part of it in-process."""
        return load_settings(inventory=self.inventory, var=self.var, profile="sandbox")

    def provisioner(self, *arguments: str, allowed: tuple[int, ...] = (0,)) -> Ended:
        """Run the command line as a person would; raises on another exit code."""
        command = [*self.command, *arguments]
        return process(command, self.environment, frozenset(allowed))

    @property
    def command(self) -> list[str]:
        """The command line in this world, up to its first word."""
        return [_PROGRAM, "--inventory", str(self.inventory), "--sandbox"]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of that command."""
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PROVISIONER_")
        }
        return environment | {"PROVISIONER_VAR": str(self.var)}

    def forget_requests(self) -> None:
        """Let the tenant count its requests from nothing."""
        order(self.state, "POST", "requests/reset")

    def requests(self) -> Requests:
        """What the tenant counted since then, tokens left out."""
        log = order(self.state, "GET", "requests")
        return Requests(*(_graph(log[name]) for name in ("calls", "batched")))


@contextmanager
def world(
    folder: Path, *, municipalities: int, people: int, conduct: Conduct | None = None
) -> Iterator[World]:
    """A numbered cluster and its sandbox, which ends with the context."""
    inventory, var = folder / "inventory", folder / "var"
    write_large(inventory, municipalities=municipalities, people=people)
    with serving(inventory, var, conduct) as found:
        yield found


@contextmanager
def serving(inventory: Path, var: Path, conduct: Conduct | None) -> Iterator[World]:
    """The sandbox of an inventory that is there already."""
    cluster = load(inventory)
    directory = var / "sandbox"
    state = sandbox.up(directory, cluster, conduct=conduct)
    try:
        yield World(inventory, var, cluster, state)
    finally:
        sandbox.down(directory, purge=True)


def _graph(counted: dict[str, int]) -> dict[str, int]:
    return {call: count for call, count in counted.items() if "/token" not in call}

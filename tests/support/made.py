"""A real host on which resources were made: looked at, broken, repaired."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from lab import Lab
from msgspec import Struct

from provisioner.errors import ProviderError
from provisioner.kinds.host.differ import compared
from provisioner.kinds.host.merge import HostState, merge
from provisioner.kinds.host.narrow import narrowed
from provisioner.kinds.host.observe import part_seen
from provisioner.model.change import FieldChange
from provisioner.model.host_state import HostPart
from provisioner.providers.ansible.hosts import Authority, Hosts, HostSeen
from provisioner.providers.ansible.reach import Reach
from provisioner.providers.ansible.run import play
from provisioner.providers.ansible.secrets import Resolve, filled_state
from provisioner.sandbox.lab.state import LabHost
from provisioner.settings import resolve_secret


class Checked(Struct):
    """What Ansible's own check mode would change, and where it fails, as `task: item`."""

    changed: set[str]
    failed: set[str]


class Made:
    """A host on which a resource was made, `others` too, and what is done with them."""

    def __init__(
        self,
        lab: Lab,
        host: LabHost,
        part: HostPart,
        authority: Authority | None = None,
        others: tuple[HostPart, ...] = (),
        resolve: Resolve = resolve_secret,
    ) -> None:
        self.lab, self.host, self.part, self.authority = lab, host, part, authority
        self.parts = (part, *others)
        self.reach = Reach(
            host.name,
            host.ssh_address,
            host.ssh_port,
            host.user,
            host.key_file,
            (host.known_hosts.partition(" ")[2],),
        )
        self.resolve = resolve
        self.hosts = Hosts({host.name: self.reach}, authority, resolve=resolve)

    @property
    def state(self) -> HostState:
        return merge((f"town/server/{n}", one) for n, one in enumerate(self.parts))

    def seen(self, hosts: Hosts | None = None) -> HostSeen | ProviderError:
        looked = (hosts or self.hosts).observe({self.host.name: self.state})
        return asyncio.run(looked)[self.host.name]

    def differs(self) -> dict[str, FieldChange]:
        seen = self.seen()
        assert isinstance(seen, HostSeen), seen
        return {
            one.field: one
            for part in self.parts
            for one in compared(part, part_seen(seen), part)
        }

    def apply(self, state: Mapping[str, Any]) -> ProviderError | None:
        return asyncio.run(self.hosts.apply({self.host.name: state}))[self.host.name]

    def as_root(self, *scripts: str) -> None:
        """Run lines of shell one after the other; each must succeed."""
        self.lab.run(self.host, "sudo sh -eu", given="\n".join((*scripts, "")))

    def repair(self) -> ProviderError | None:
        return self.apply(narrowed(self.state, self.differs().values()))

    def check_mode(self, state: HostState | None = None) -> Checked:
        """Run Ansible's own check mode over the whole state, or over another."""

        async def walk() -> Checked:
            found = Checked(set(), set())
            whole, _ = filled_state(state or self.state, self.resolve)
            given = {self.host.name: {"state": whole}}
            reaches = {self.host.name: self.reach}
            options = ("--check", "--diff")
            async for one in play(
                "converge-hosts.yml", reaches, given, options=options
            ):
                assert one.event != "runner_on_unreachable"
                res = one.res
                item = [res.get("item", "")] if res.get("changed") else []
                # A task that makes a whole list tells which of it.
                made, refused = res.get("made", item), res.get("refused", ())
                if one.event == "runner_item_on_failed":
                    refused = [res["item"]]
                elif not one.event.startswith("runner_"):
                    continue
                found.changed |= {f"{one.task}: {each}" for each in made}
                found.failed |= {f"{one.task}: {each}" for each in refused}
            return found

        return asyncio.run(walk())

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
from provisioner.sandbox.lab.state import LabHost


class Checked(Struct):
    """What Ansible's own check mode would change, and where it fails, as `task: item`."""

    changed: set[str]
    failed: set[str]


class Made:
    """A host on which resources were made, and what is done with it.

    `further` are more of them by kind; the first is the kind `server` to whom it matters.
    """

    def __init__(
        self,
        lab: Lab,
        host: LabHost,
        part: HostPart,
        authority: Authority | None = None,
        **further: HostPart,
    ) -> None:
        self.lab, self.host, self.authority = lab, host, authority
        self.parts = {"server": part, **further}
        self.reach = Reach(
            host.name,
            host.ssh_address,
            host.ssh_port,
            host.user,
            host.key_file,
            (host.known_hosts.partition(" ")[2],),
        )
        self.hosts = Hosts({host.name: self.reach}, authority)

    @property
    def state(self) -> HostState:
        return merge((f"town/{kind}/x", part) for kind, part in self.parts.items())

    def seen(self, hosts: Hosts | None = None) -> HostSeen | ProviderError:
        looked = (hosts or self.hosts).observe({self.host.name: self.state})
        return asyncio.run(looked)[self.host.name]

    def differs(self) -> dict[str, FieldChange]:
        """What is not as wanted, by field."""
        return {field: one for (_, field), one in self.told().items()}

    def told(self) -> dict[tuple[str, str], FieldChange]:
        """What is not as wanted, by kind and field."""
        seen = self.seen()
        assert isinstance(seen, HostSeen), seen
        return {
            (kind, one.field): one
            for kind, part in self.parts.items()
            for one in compared(part, part_seen(seen), part)
        }

    def apply(self, state: Mapping[str, Any]) -> ProviderError | None:
        return asyncio.run(self.hosts.apply({self.host.name: state}))[self.host.name]

    def as_root(self, *scripts: str) -> None:
        """Run lines of shell one after the other; each must succeed."""
        self.lab.run(self.host, "sudo sh -eu", given="\n".join((*scripts, "")))

    def repair(self) -> ProviderError | None:
        return self.apply(narrowed(self.state, self.differs().values()))

    def check_mode(self) -> Checked:
        """Run Ansible's own check mode over the whole state."""

        async def walk() -> Checked:
            found = Checked(set(), set())
            given = {self.host.name: {"state": self.state}}
            reaches = {self.host.name: self.reach}
            options = ("--check", "--diff")
            async for one in play(
                "converge-hosts.yml", reaches, given, options=options
            ):
                assert one.event != "runner_on_unreachable"
                told = f"{one.task}: {one.res.get('item', '')}"
                if one.event == "runner_item_on_failed":
                    found.failed.add(told)
                elif one.event in ("runner_item_on_ok", "runner_on_ok"):
                    found.changed |= {told} if one.res.get("changed") else set()
            return found

        return asyncio.run(walk())

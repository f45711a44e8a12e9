"""A lab that runs: its network, its hosts, the ways in, and the names it knows."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from provisioner.errors import SandboxError
from provisioner.process import this_process
from provisioner.sandbox.folder import write_private
from provisioner.sandbox.lab import cgroups, relay, ssh_config
from provisioner.sandbox.lab.folder import LabFolder
from provisioner.sandbox.lab.furnish import furnish, make_key, pinned_key
from provisioner.sandbox.lab.machine import Machine
from provisioner.sandbox.lab.names import NameService
from provisioner.sandbox.lab.netns import Network
from provisioner.sandbox.lab.state import ADMIN, LabHost, LabState
from provisioner.sandbox.lab.switch import GATEWAY
from provisioner.sandbox.listening import LOOPBACK

_log = logging.getLogger(__name__)
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")
_FIRST_NUMBER = 11
_LAST_NUMBER = 250
# So many boot at once; more would only wait for the processors.
_AT_ONCE = 2 * (os.cpu_count() or 1)


class Lab:
    """Started hosts and what is remembered of others; for one event loop."""

    def __init__(self, folder: LabFolder, image: Path, group: Path | None) -> None:
        self._folder = folder
        self._image = image
        self._group = group
        self._remembered = folder.read_remembered()
        self._machines: dict[str, Machine] = {}
        self._relays: dict[str, asyncio.Server] = {}
        self._changing = asyncio.Lock()
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._withdrawn = False
        self._rebooting: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Build the network and open the proxy; no host yet."""
        self._network = Network(self._group_of("switch"))
        self._dial = relay.Dialler(self._network.stream)
        wished = self._remembered.web_proxy
        self._proxy = await relay.proxy(wished, self._dial, self.resolve)
        self._remembered.web_proxy = relay.port_of(self._proxy)
        loop = asyncio.get_running_loop()
        self._names, _ = await loop.create_datagram_endpoint(
            lambda: NameService(self.resolve), sock=self._network.name_service()
        )
        self._admin_key = make_key(self._folder.key, "lab")
        self.announce()

    def resolve(self, name: str) -> str | None:
        """The address of a host, of a name pointed at one, or of an address of ours."""
        name = name.lower().rstrip(".")
        if name == GATEWAY or any(m.address == name for m in self._machines.values()):
            return name
        machine = self._machines.get(self._remembered.names.get(name, name))
        return machine.address if machine else None

    async def start(self, names: Iterable[str]) -> None:
        """Boot these hosts and return when all are up; those that run are left alone.

        Raises `SandboxError` for a name that is none and for a host that does not boot.
        """
        async with self._changing:
            wanted = [one for one in dict.fromkeys(names) if not self._runs(one)]
            machines = [self._machine(one) for one in wanted]
            ended = await asyncio.gather(
                *(self._boot(one) for one in machines), return_exceptions=True
            )
            self.announce()
            for one in ended:
                if isinstance(one, BaseException):
                    raise one

    def _runs(self, name: str) -> bool:
        machine = self._machines.get(name)
        return machine is not None and machine.runs

    def _machine(self, name: str) -> Machine:
        if not _NAME.fullmatch(name):
            raise SandboxError(
                f"{name!r} is no name of a host.",
                remedy="Use small letters, digits and hyphens, at most 32.",
            )
        numbers = self._remembered.numbers
        free = set(range(_FIRST_NUMBER, _LAST_NUMBER + 1)) - set(numbers.values())
        if name not in numbers and not free:
            raise SandboxError(f"The lab has no room for {name}.")
        number = numbers.setdefault(name, min(free, default=0))
        return Machine(name, number, self._folder.host(name), self._group_of(name))

    def _group_of(self, name: str) -> Path | None:
        return None if self._group is None else self._group / name

    async def _boot(self, machine: Machine) -> None:
        async with self._at_once:
            home = self._folder.host(machine.name)
            await asyncio.to_thread(
                furnish, home, self._image, machine.name, self._admin_key
            )
            await machine.stop(orderly=False)
            machine.start(self._image, self._network.pid)
            try:
                await machine.booted()
            except BaseException:
                await machine.stop(orderly=False)
                raise
        self._machines[machine.name] = machine
        machine.when_ended(self._look_after)
        if machine.name not in self._relays:
            wished = self._remembered.ports.get(machine.name, 0)
            opened = await relay.relay(wished, self._dial, machine.address, 22)
            self._relays[machine.name] = opened
            self._remembered.ports[machine.name] = relay.port_of(opened)

    def _look_after(self, machine: Machine) -> None:
        """A host that reboots comes back; one that was halted inside stays down."""
        if machine.asked_for_reboot:
            task = asyncio.ensure_future(self._boot_again(machine))
            self._rebooting.add(task)
            task.add_done_callback(self._rebooting.discard)

    async def _boot_again(self, machine: Machine) -> None:
        async with self._changing:
            if self._machines.get(machine.name) is not machine or machine.runs:
                return
            try:
                await self._boot(machine)
            except SandboxError as error:
                _log.error("%s", error)

    async def stop(self, names: Iterable[str], *, forget: bool, orderly: bool) -> None:
        """Halt these hosts; with `forget` the next start finds nothing of before."""
        async with self._changing:
            await asyncio.gather(
                *(self._halt(one, forget=forget, orderly=orderly) for one in names)
            )
            self.announce()

    async def _halt(self, name: str, *, forget: bool, orderly: bool) -> None:
        machine = self._machines.pop(name, None)
        if machine is not None:
            await machine.stop(orderly=orderly)
        if forget:
            await asyncio.to_thread(self._folder.forget, name)

    def point(self, names: Mapping[str, str]) -> None:
        """Let names lead to hosts; "" takes a name back."""
        for name, host in names.items():
            self._remembered.names.pop(name.lower(), None)
            if host:
                self._remembered.names[name.lower()] = host
        self.announce()

    async def close(self, *, orderly: bool) -> None:
        """End everything; what hosts wrote is kept."""
        await self.stop(list(self._machines), forget=False, orderly=orderly)
        for one in (self._proxy, *self._relays.values()):
            one.close()
        self._names.close()
        self._network.close()
        await asyncio.to_thread(cgroups.end, self._group)

    @property
    def state(self) -> LabState:
        """What to tell of the lab now, its hosts in the order they were first named."""
        numbers = self._remembered.numbers
        machines = sorted(self._machines.values(), key=lambda one: numbers[one.name])
        mine = this_process()
        return LabState(
            pid=mine.pid,
            token=mine.token,
            hosts=tuple(self._host(one) for one in machines),
            init="systemd" if self._group else "sysv",
            web_proxy=relay.address_of(self._remembered.web_proxy),
            ssh_config=str(self._folder.ssh_config),
            names=dict(self._remembered.names),
        )

    def _host(self, machine: Machine) -> LabHost:
        return LabHost(
            name=machine.name,
            address=machine.address,
            ssh_address=LOOPBACK,
            ssh_port=self._remembered.ports[machine.name],
            user=ADMIN,
            key_file=str(self._folder.key),
            known_hosts=pinned_key(self._folder.host(machine.name)),
        )

    def announce(self) -> None:
        """Write down what is so now, for this start and the next."""
        self._folder.write_remembered(self._remembered)
        if self._withdrawn:
            return
        state = self.state
        ssh_config.write(state.hosts, self._folder.ssh_config)
        write_private(self._folder.state, msgspec.json.encode(state))

    def withdraw(self) -> None:
        """Nobody shall find this lab any more."""
        self._withdrawn = True
        with suppress(FileNotFoundError):
            self._folder.state.unlink()

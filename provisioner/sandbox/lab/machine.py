"""One host: its process, its start and its end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from provisioner.errors import SandboxError
from provisioner.sandbox.lab import cgroups
from provisioner.sandbox.lab.switch import BITS

_START = Path(__file__).with_name("start-host.sh")
_UNSHARE = (
    "setpriv --pdeathsig KILL"
    " unshare --net --mount --pid --fork --kill-child --uts --ipc --cgroup"
)
_BOOT_PATIENCE = 90.0
_HALT_PATIENCE = 8.0
_LOG_LINES = 8
# systemd's signal for an orderly halt (systemd(1), SIGRTMIN+3).
_HALT = signal.SIGRTMIN + 3


class Machine:
    """A host that runs, from `start` to `stop`."""

    def __init__(self, name: str, number: int, home: Path, group: Path | None) -> None:
        self.name = name
        self.address = f"10.77.0.{number}"
        self._number = number
        self._home = home
        self._group = group
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, lower: Path, switch: int) -> None:
        """Begin to boot; `lower` is the image, `switch` the process of the network."""
        log = (self._home / "console.log").open("wb")
        words = [str(self._home), str(lower), self.name, f"{self.address}/{BITS}"]
        command = [*_UNSHARE.split(), "/bin/sh", str(_START), *words]
        command += [str(self._number), str(switch)]
        command += ["sysv" if self._group is None else "systemd"]
        with log:
            self._process = subprocess.Popen(  # noqa: S603 - our own script
                cgroups.joining(self._group, command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def booted(self) -> None:
        """Return when systemd has started everything; raises `SandboxError` with the
        end of its console otherwise."""
        try:
            async with asyncio.timeout(_BOOT_PATIENCE):
                while not await self._is_up():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise self._failure("is not up yet") from None

    async def _is_up(self) -> bool:
        if not self.runs:
            raise self._failure("did not start")
        init = self.init
        if init is None or not _listens(init, self.name):
            return False
        if self._group is None:
            return True
        asking = await asyncio.create_subprocess_exec(
            *f"nsenter --target {init} --all systemctl is-system-running --wait".split(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        told, _ = await asking.communicate()
        return told.strip() in (b"running", b"degraded")

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def init(self) -> int | None:
        """The host's first process as this machine numbers it."""
        if self._process is None:
            return None
        pid = self._process.pid
        with suppress(OSError, IndexError):
            children = Path(f"/proc/{pid}/task/{pid}/children")
            return int(children.read_text(encoding="ascii").split()[0])
        return None

    async def stop(self, *, orderly: bool) -> None:
        """End every process of the host; `orderly` lets its services finish first."""
        init = self.init
        if self._group is None:
            orderly = False
            if init is not None:
                os.kill(init, signal.SIGKILL)
            elif self._process is not None:
                self._process.kill()
        if orderly and self.runs and init is not None:
            with suppress(OSError, TimeoutError):
                os.kill(init, _HALT)
                async with asyncio.timeout(_HALT_PATIENCE):
                    while self.runs:
                        await asyncio.sleep(0.02)
        await asyncio.to_thread(cgroups.end, self._group)
        if self._process is not None:
            self._process.wait()

    @property
    def asked_for_reboot(self) -> bool:
        """Whether it ended by the signal that Linux gives the first process of a pid
        namespace that reboots (reboot(2))."""
        return self._process is not None and self._process.poll() == -signal.SIGHUP

    def when_ended(self, call: Callable[[Machine], None]) -> None:
        """Call once, in the running event loop, when this start has ended."""
        if self._process is None:
            return
        loop = asyncio.get_running_loop()
        watched = os.pidfd_open(self._process.pid)

        def ended() -> None:
            loop.remove_reader(watched)
            os.close(watched)
            call(self)

        loop.add_reader(watched, ended)

    def _failure(self, what: str) -> SandboxError:
        console = self._home / "console.log"
        lines = console.read_text(encoding="utf-8", errors="replace").splitlines()
        told = "\n".join(lines[-_LOG_LINES:])
        return SandboxError(
            f"The lab host {self.name} {what}:\n{told}",
            remedy=f"Its whole console is {console}.",
        )


def _listens(init: int, name: str) -> bool:
    """Whether the host's own first process runs. Until then it sees the files of this
    machine, where systemd may run, too."""
    with suppress(OSError):
        run = Path(f"/proc/{init}/root/run")
        ours = (run / "lab-host").read_text(encoding="utf-8").strip() == name
        ready = ("systemd/private", "sshd.pid")
        return ours and any((run / one).exists() for one in ready)
    return False

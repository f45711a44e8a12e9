"""Which process is at work, in words that another process can check."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Process:
    """A process on a host.

    `token` tells it from a later one with the same number: the machine's boot, the process
    id namespace and the time of birth.
    """

    host: str
    pid: int
    token: str

    def is_gone(self) -> bool:
        """True only when that is certain; of another machine one cannot tell."""
        mine = this_process()
        if self.host != mine.host or self._home != mine._home:
            return False
        return _birth(self.pid) != self.token.partition("@")[0]

    def is_of_another_boot(self) -> bool:
        """True where this host has been started anew since."""
        return self.host == this_process().host and self._home != this_process()._home

    @property
    def _home(self) -> str:
        return self.token.partition("@")[2]


def this_process() -> Process:
    """The process that asks."""
    pid = os.getpid()
    return Process(socket.gethostname(), pid, f"{_birth(pid)}@{_home()}")


def is_alive(pid: int, token: str) -> bool:
    """Whether the process of this token runs here, and no other in its place."""
    born, _, home = token.partition("@")
    return bool(born) and home == _home() and _birth(pid) == born


@cache
def _home() -> str:
    """This boot of this machine, and the namespace in which process ids mean something."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _birth(pid: int) -> str:
    """When a process was born; "" when it is gone or a zombie.

    From `/proc/PID/stat` (fields 3 and 22, proc(5)) where there is one: those are ticks
    since the boot, while psutil's time moves with the clock, and a corrected clock must not
    make a living process look dead.
    """
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if state in "ZX" else rest[18]
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return ""
    except ProcessLookupError:
        return ""
    try:
        process = psutil.Process(pid)
        gone = process.status() == psutil.STATUS_ZOMBIE
        return "" if gone else f"{process.create_time():.1f}"
    except psutil.Error:
        return ""

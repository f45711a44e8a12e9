"""The lab's own network as seen from outside: sockets that live in it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from provisioner.errors import SandboxError
from provisioner.sandbox.lab.cgroups import joining

_PATIENCE = 20.0


class Network:
    """A network namespace, held by a process of its own until `close`.

    Sockets belong to the namespace they were made in, whoever uses them then; so this
    process talks to hosts and stays in the machine's own network.
    """

    def __init__(self, group: Path | None) -> None:
        """Build it; `group` is the cgroup its process joins, if any."""
        ours, theirs = socket.socketpair()
        command = ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--mount"]
        command += [sys.executable, "-m", "provisioner.sandbox.lab.switch"]
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                joining(group, [*command, str(theirs.fileno())]),
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self._asking = ours
        ours.settimeout(_PATIENCE)
        if ours.recv(1) != b".":
            raise SandboxError("The lab's network could not be built, see its log.")

    @property
    def pid(self) -> int:
        """The process whose `/proc/PID/ns/net` the network is."""
        return self._process.pid

    def stream(self) -> socket.socket:
        """A TCP socket in the lab, not connected, not blocking."""
        return self._fresh(b"t", socket.SOCK_STREAM)

    def name_service(self) -> socket.socket:
        """A UDP socket bound to the port on which hosts ask for names."""
        return self._fresh(b"u", socket.SOCK_DGRAM)

    def _fresh(self, kind: bytes, type_: int) -> socket.socket:
        self._asking.sendall(kind)
        _, descriptors, _, _ = socket.recv_fds(self._asking, 1, 1)
        if not descriptors:
            raise SandboxError("The lab's network is gone.")
        os.set_inheritable(descriptors[0], False)
        fresh = socket.socket(socket.AF_INET, type_, fileno=descriptors[0])
        fresh.setblocking(False)
        return fresh

    def close(self) -> None:
        """Let go of the namespace; it ends with the last host in it."""
        self._asking.close()
        self._process.kill()
        self._process.wait()

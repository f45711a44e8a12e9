"""Holds the lab's network namespace and hands out sockets that live in it.

Started by `netns.Network` as `python -m provisioner.sandbox.lab.switch FD` inside a new
network namespace. Each byte that arrives on the Unix socket FD is answered by one fresh
socket: `t` for TCP, `u` for UDP bound to the lab's DNS port. Ends with its parent.
"""

from __future__ import annotations

import socket
import subprocess
import sys

GATEWAY = "10.77.0.1"
BITS = 24
_DNS = 53

_BRIDGE = f"""
ip link set lo up
ip link add lab type bridge
ip address add {GATEWAY}/{BITS} dev lab
ip link set lab up
"""


def _fresh(kind: bytes) -> socket.socket:
    if kind == b"t":
        return socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind((GATEWAY, _DNS))
    return datagrams


def main(descriptor: int) -> int:
    """Build the bridge, say so by one byte, and serve until the other end is closed."""
    subprocess.run(["/bin/sh", "-euc", _BRIDGE], check=True)  # noqa: S603
    with socket.socket(fileno=descriptor) as asking:
        asking.sendall(b".")
        while kind := asking.recv(1):
            with _fresh(kind) as fresh:
                socket.send_fds(asking, [b"."], [fresh.fileno()])
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))

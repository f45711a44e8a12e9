"""Running the program without the second that loading it takes (see `warmed`)."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

_SERVER = Path(__file__).with_name("warmed.py")


class _Warm:
    """The warm process of this worker; it ends with the socket."""

    def __init__(self) -> None:
        pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._orders, theirs = pair
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, str(_SERVER), str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        atexit.register(self._close)

    def send(self, order: Mapping[str, object], descriptors: list[int]) -> None:
        socket.send_fds(self._orders, [json.dumps(order).encode()], descriptors)

    def _close(self) -> None:
        self._orders.close()
        self._process.wait()


_warm = cache(_Warm)


def run(
    words: Sequence[str], cwd: Path, environment: Mapping[str, str], timeout: float
) -> tuple[int, str, str]:
    """Run `provisioner WORDS` to its end: exit code, standard output, standard error.

    Raises `TimeoutError`, once the process is killed, after `timeout` seconds.
    """
    order = {"words": words, "cwd": str(cwd), "environment": dict(environment)}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        told, word = os.pipe()
        try:
            try:
                _warm().send(order, [out.fileno(), err.fileno(), word])
            finally:
                os.close(word)
            code = _ended(told, timeout)
        finally:
            os.close(told)
        for one in (out, err):
            one.seek(0)
        return code, out.read().decode(), err.read().decode()


def _ended(told: int, timeout: float) -> int:
    """The exit code, from the word on the process: its number, then the code."""
    ends = time.monotonic() + timeout
    word = b""
    while select.select([told], [], [], max(0.0, ends - time.monotonic()))[0]:
        some = os.read(told, 64)
        if not some:
            return int(word.split()[1])
        word += some
    os.kill(int(word.split()[0]), signal.SIGKILL)
    raise TimeoutError(f"the command did not end in {timeout} seconds")

"""Orders to a running lab over a Unix socket in its folder: one line each way.

The socket is reached through a descriptor of the folder, because the path of a socket
may have no more than 107 bytes.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from provisioner.errors import SandboxError
from provisioner.sandbox.lab.state import LabState

LONGEST = 1 << 20
_PATIENCE = 300.0


class Order(Struct, frozen=True):
    """What a running lab shall do; all fields but those of the verb stay empty."""

    verb: Literal["start", "stop", "point"]
    hosts: tuple[str, ...] = ()
    forget: bool = False
    orderly: bool = True
    names: dict[str, str] = {}


class Answer(Struct, frozen=True):
    """What became of an order: the lab's state after it, or why it was not done."""

    state: LabState | None = None
    error: str = ""
    remedy: str = ""


@contextmanager
def short(path: Path) -> Iterator[str]:
    """A short path of a file that may lie deep."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def send(control: Path, order: Order) -> LabState:
    """Give an order and wait until it is done; raises `SandboxError` where it is not."""
    try:
        with socket.socket(socket.AF_UNIX) as lab, short(control) as path:
            lab.settimeout(_PATIENCE)
            lab.connect(path)
            lab.sendall(msgspec.json.encode(order) + b"\n")
            with lab.makefile("rb") as answers:
                line = answers.readline(LONGEST)
    except OSError as error:
        raise SandboxError(
            f"The lab does not take orders ({error}).",
            remedy="Stop it with: provisioner sandbox down.",
        ) from None
    answer = msgspec.json.decode(line or b"{}", type=Answer)
    if answer.state is None:
        reason = answer.error or "The lab ended before the order was done."
        raise SandboxError(reason, remedy=answer.remedy)
    return answer.state

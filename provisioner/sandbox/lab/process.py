"""Starting, changing and ending a lab from outside."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from provisioner.errors import SandboxError
from provisioner.sandbox.folder import write_private
from provisioner.sandbox.lab import cgroups
from provisioner.sandbox.lab.folder import LabFolder
from provisioner.sandbox.lab.orders import Order, send
from provisioner.sandbox.lab.state import LabState, load_lab, read_lab
from provisioner.sandbox.lab.userns import as_root

_START_PATIENCE = 60.0
_STOP_PATIENCE = 40.0
_LOOK_EVERY = 0.01
_LOG_LINES = 12

# Labs this process started: a tied one ends when its pipe is closed.
_started: dict[int, subprocess.Popen[bytes]] = {}


def up(
    path: Path, names: Sequence[str], image: Path, *, detach: bool = False
) -> LabState:
    """Start a lab with these hosts, or these hosts in the lab that runs there.

    `image` is what `image.image_of` gave. Hosts stopped earlier go on with what they
    held. With `detach` the lab outlives this process, otherwise it ends with it. Returns
    when every host takes SSH; raises `SandboxError` with the end of the log otherwise.
    """
    folder = LabFolder(path)
    state = load_lab(path)
    if state is None or not state.alive:
        down(path)
        folder.make()
        _launch(folder, image, detach=detach)
    return start(path, names)


def start(path: Path, names: Sequence[str]) -> LabState:
    """Boot hosts of a running lab; those that run already are left alone."""
    return _ordered(path, Order("start", hosts=tuple(names)))


def stop(
    path: Path, names: Sequence[str], *, forget: bool = False, orderly: bool = True
) -> LabState:
    """Halt hosts of a running lab.

    With `forget` the next start begins from the image; without `orderly` it is as if the
    current had failed.
    """
    order = Order("stop", hosts=tuple(names), forget=forget, orderly=orderly)
    return _ordered(path, order)


def point(path: Path, names: Mapping[str, str]) -> LabState:
    """Let names (of websites) lead to hosts, inside the lab and through its proxy.

    A name pointed at "" leads nowhere again.
    """
    return _ordered(path, Order("point", names=dict(names)))


def _ordered(path: Path, order: Order) -> LabState:
    read_lab(path)
    return send(LabFolder(path).control, order)


def down(path: Path, *, purge: bool = False) -> bool:
    """End the lab of this folder, however it was left; true where one ran.

    No process, mount, namespace or cgroup stays. What hosts wrote is kept for the next
    start unless `purge`.
    """
    folder = LabFolder(path)
    state = load_lab(path)
    ran = state is not None and state.alive
    if state is not None and ran:
        _end(state.pid)
    folder.state.unlink(missing_ok=True)
    if folder.cgroup.is_file():
        cgroups.end(Path(folder.cgroup.read_text(encoding="utf-8")))
        folder.cgroup.unlink()
    if purge and folder.path.is_dir():
        folder.purge()
    return ran


def _launch(folder: LabFolder, image: Path, *, detach: bool) -> None:
    command = [sys.executable, "-m", "provisioner.sandbox.lab.serve"]
    command += ["--dir", str(folder.path), "--image", str(image)]
    write_private(folder.log, b"")
    with folder.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            as_root(command if detach else [*command, "--tied"]),
            stdin=subprocess.DEVNULL if detach else subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _started[process.pid] = process
    deadline = time.monotonic() + _START_PATIENCE
    while time.monotonic() < deadline:
        state = load_lab(folder.path)
        if state is not None and state.pid == process.pid:
            return
        if process.poll() is not None:
            break
        time.sleep(_LOOK_EVERY)
    _end(process.pid)
    down(folder.path)
    lines = folder.log.read_text(encoding="utf-8", errors="replace").splitlines()
    raise SandboxError(
        "The lab did not start:\n" + "\n".join(lines[-_LOG_LINES:]),
        remedy=f"The whole log is {folder.log}.",
    )


def _end(pid: int) -> None:
    """Ask the lab to end, insist after a while, and see it gone."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        process.terminate()
        try:
            process.wait(_STOP_PATIENCE)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(_STOP_PATIENCE)
    started = _started.pop(pid, None)
    if started is not None:
        if started.stdin is not None:
            started.stdin.close()
        started.wait(_STOP_PATIENCE)

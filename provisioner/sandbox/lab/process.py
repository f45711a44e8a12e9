"""Starting, changing and ending a lab from outside."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from provisioner.errors import SandboxError
from provisioner.sandbox import background
from provisioner.sandbox.lab import cgroups
from provisioner.sandbox.lab.folder import LabFolder
from provisioner.sandbox.lab.orders import Order, send
from provisioner.sandbox.lab.state import LabState, load_lab, read_lab
from provisioner.sandbox.lab.userns import as_root

_STOP_PATIENCE = 40.0


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
    start unless `purge`; then their services are not waited for.
    """
    folder = LabFolder(path)
    state = load_lab(path)
    ran = state is not None and state.alive
    if state is not None and ran:
        if purge:
            with suppress(SandboxError):
                stop(path, [one.name for one in state.hosts], orderly=False)
        background.end(state.pid, _STOP_PATIENCE)
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
    if detach:
        pid = background.launch(as_root(command), folder.log)
    else:
        pid = background.launch_tied(as_root([*command, "--tied"]), folder.log)

    def look() -> LabState | None:
        state = load_lab(folder.path)
        return state if state is not None and state.pid == pid else None

    if background.ready(pid, look) is None:
        background.end(pid, _STOP_PATIENCE)
        down(folder.path)
        raise SandboxError(
            f"The lab did not start:\n{background.log_tail(folder.log)}",
            remedy=f"The whole log is {folder.log}.",
        )

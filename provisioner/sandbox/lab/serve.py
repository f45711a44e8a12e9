"""The lab's process: starts and halts hosts as ordered, and passes traffic in.

Started by `process.up` as `python -m provisioner.sandbox.lab.serve --dir DIR --image ROOT`.
When it ends, by whatever, its hosts end with it.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import logging
import sys
from pathlib import Path

import msgspec

from provisioner.errors import SandboxError
from provisioner.sandbox.lab import cgroups
from provisioner.sandbox.lab.folder import LabFolder
from provisioner.sandbox.lab.image import in_use
from provisioner.sandbox.lab.lab import Lab
from provisioner.sandbox.lab.orders import LONGEST, Answer, Order, short
from provisioner.sandbox.lab.possible import cgroup_root
from provisioner.sandbox.owning import owned, stop_event

_log = logging.getLogger(__name__)


class _Orders:
    """Answers orders on the control socket."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    async def __call__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            line = await reader.readline()
            answer = await self._answer(msgspec.json.decode(line, type=Order))
            writer.write(msgspec.json.encode(answer) + b"\n")
            await writer.drain()
        except (OSError, ValueError, msgspec.MsgspecError) as error:
            _log.warning("An order was not understood: %s.", error)
        finally:
            writer.close()

    async def _answer(self, order: Order) -> Answer:
        try:
            if order.verb == "start":
                await self._lab.start(order.hosts)
            elif order.verb == "stop":
                await self._lab.stop(
                    order.hosts, forget=order.forget, orderly=order.orderly
                )
            else:
                self._lab.point(order.names)
        except SandboxError as error:
            return Answer(error=error.message, remedy=error.remedy)
        except OSError as error:
            _log.exception("An order failed.")
            return Answer(error=f"The lab could not do it: {error}.")
        return Answer(state=self._lab.state)


def _group(folder: LabFolder) -> Path | None:
    """This lab's cgroup, empty; written down for whoever has to clean up after us. None
    for a plain user's lab."""
    root = cgroup_root()
    if root is None:
        return None
    digest = hashlib.sha256(str(folder.path.resolve()).encode()).hexdigest()[:12]
    group = root / f"provisioner-lab-{digest}"
    cgroups.end(group)
    group.mkdir()
    folder.cgroup.write_text(str(group), encoding="utf-8")
    return group


async def _serve(folder: LabFolder, image: Path, *, tied: bool) -> None:
    stop = stop_event(tied=tied)
    lab = Lab(folder, image, _group(folder))
    folder.control.unlink(missing_ok=True)
    # The short path holds as long as the server does: Python 3.13 removes it at the end.
    with short(folder.control) as path:
        orders = await asyncio.start_unix_server(_Orders(lab), path, limit=LONGEST)
        await lab.open()
        try:
            await stop
        finally:
            lab.withdraw()
            orders.close()
            await lab.close(orderly=True)
            folder.control.unlink(missing_ok=True)
            folder.cgroup.unlink(missing_ok=True)


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; 0 after a clean end, 1 where it could not start."""
    parser = argparse.ArgumentParser(prog="provisioner.sandbox.lab.serve")
    parser.add_argument("--dir", type=Path, required=True, help="the lab's folder")
    parser.add_argument("--image", type=Path, required=True, help="root of all hosts")
    parser.add_argument("--tied", action="store_true", help="end when stdin closes")
    given = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(name)s: %(message)s"
    )
    folder = LabFolder(given.dir)
    try:
        with owned(folder.lock), in_use(given.image):
            asyncio.run(_serve(folder, given.image, tied=given.tied))
    except SandboxError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Whatever ends a lab, nothing of it stays: no process, mount, namespace or cgroup."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from provisioner.sandbox.lab import process
from provisioner.sandbox.lab.folder import LabFolder
from provisioner.sandbox.lab.state import LabState, load_lab

_KINDS = ("net", "mnt", "pid", "uts", "ipc", "cgroup")
_TIED = """
import sys, time
from pathlib import Path
from provisioner.sandbox.lab import process
process.up(Path(sys.argv[1]), ["web1"], Path(sys.argv[2]))
print("up", flush=True)
time.sleep(600)
"""


class Traces:
    """What a lab that runs is made of, to be looked for when it has ended."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()
        self.group = Path(LabFolder(folder).cgroup.read_text())
        ours = self._namespaces(os.getpid())
        found = [self._namespaces(pid) for pid in self._members()]
        self.namespaces = set().union(*found) - ours

    def _members(self) -> list[int]:
        files = self.group.rglob("cgroup.procs")
        return [int(pid) for file in files for pid in file.read_text().split()]

    @staticmethod
    def _namespaces(pid: int) -> set[str]:
        try:
            return {str(Path(f"/proc/{pid}/ns/{kind}").readlink()) for kind in _KINDS}
        except OSError:
            return set()

    def left(self) -> list[str]:
        """What is still there, in words."""
        here = str(self._folder)
        found = [str(one) for one in [self.group] if one.exists()]
        for one in psutil.process_iter(["cmdline"]):
            words = " ".join(one.info["cmdline"] or ())
            if here in words and one.pid not in (os.getpid(), os.getppid()):
                found.append(f"process {one.pid}: {words}")
            found += self.namespaces & self._namespaces(one.pid)
            found += self._mounts(one.pid)
        return found

    def _mounts(self, pid: int) -> list[str]:
        try:
            lines = Path(f"/proc/{pid}/mounts").read_text().splitlines()
        except OSError:
            return []
        return [line for line in lines if str(self._folder) in line]


Start = Callable[[], tuple[LabState, Traces]]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "of-its-own"
    process.down(tmp_path / "of-its-own", purge=True)


@pytest.fixture
def start(folder: Path, lab_image: Path) -> Start:
    """Starts two hosts and remembers what they are made of."""

    def up() -> tuple[LabState, Traces]:
        state = process.up(folder, ["web1", "backup1"], lab_image, detach=True)
        return state, Traces(folder)

    return up


def _soon(holds: Callable[[], bool]) -> None:
    ends = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.05)


def test_down_leaves_nothing(start: Start, folder: Path) -> None:
    state, traces = start()
    # Six for each of two hosts, and the network.
    assert len(traces.namespaces) >= 13
    assert traces.left()
    assert process.down(folder)
    assert traces.left() == []
    assert not state.alive
    assert process.down(folder) is False


def test_purge_leaves_no_file(start: Start, folder: Path) -> None:
    start()
    process.down(folder, purge=True)
    assert not folder.exists()


def test_a_killed_lab_takes_its_hosts_along_and_down_clears_the_rest(
    start: Start, folder: Path
) -> None:
    state, traces = start()
    os.kill(state.pid, signal.SIGKILL)
    _soon(lambda: traces.left() == [str(traces.group)])
    process.down(folder)
    assert traces.left() == []


def test_after_a_kill_the_next_start_goes_on_with_what_hosts_held(
    start: Start, folder: Path
) -> None:
    state, _ = start()
    kept = folder / "hosts" / "web1" / "upper" / "etc" / "hostname"
    assert kept.read_text() == "web1\n"
    os.kill(state.pid, signal.SIGKILL)
    _soon(lambda: not state.alive)
    again, traces = start()
    assert (again.pid, again.hosts) != (state.pid, ())
    assert again.hosts == state.hosts
    process.down(folder)
    assert traces.left() == []


def test_a_killed_parent_takes_a_tied_lab_along(folder: Path, lab_image: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _TIED, str(folder), str(lab_image)],
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "up\n"
        traces = Traces(folder)
        parent.kill()
    _soon(lambda: traces.left() == [])
    assert load_lab(folder) is None


def test_a_host_that_does_not_boot_is_told_with_its_console(
    start: Start, folder: Path
) -> None:
    from provisioner.errors import SandboxError

    state, _ = start()
    process.stop(folder, ["web1"])
    init = folder / "hosts" / "web1" / "upper" / "lib"
    init.symlink_to("nowhere")
    with pytest.raises(SandboxError, match="lab host web1 did not start") as failed:
        process.start(folder, ["web1"])
    assert "systemd" in failed.value.message
    assert process.start(folder, ["backup1"]).host("backup1") in state.hosts

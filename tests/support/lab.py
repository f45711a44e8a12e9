"""Hosts for tests: a lab per worker, its image kept between runs, hosts on demand.

The image lies in `LAB_IMAGES`, or in the cache of the user who runs the tests. Where there
can be no lab, tests that want one are skipped with the reason.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest

from provisioner.errors import SandboxError
from provisioner.sandbox.lab import process
from provisioner.sandbox.lab.folder import LabFolder
from provisioner.sandbox.lab.image import image_of
from provisioner.sandbox.lab.possible import hindrance
from provisioner.sandbox.lab.state import LabHost, LabState, read_lab
from provisioner.sandbox.lab.userns import is_plain

# The first test of a machine waits for the image.
_PATIENCE = 600


class Lab:
    """A lab that runs; `lab.host("web1")` boots that host where it does not run yet."""

    def __init__(self, folder: Path, image: Path) -> None:
        self.folder = folder
        self.image = image
        self._fresh = count(1)
        process.up(folder, [], image)

    @property
    def state(self) -> LabState:
        return read_lab(self.folder)

    def hosts(self, *names: str) -> tuple[LabHost, ...]:
        """These hosts, booted at the same time; they may bear traces of other tests."""
        state = process.start(self.folder, names)
        return tuple(state.host(one) for one in names)

    def host(self, name: str) -> LabHost:
        """One host; it may bear traces of other tests."""
        return self.hosts(name)[0]

    def fresh(self) -> LabHost:
        """A host that nobody has touched; give it back with `drop`."""
        return self.host(f"fresh{next(self._fresh)}")

    def drop(self, *hosts: LabHost) -> None:
        """End hosts and forget what they held."""
        names = [one.name for one in hosts]
        process.stop(self.folder, names, forget=True, orderly=False)

    def run(
        self, host: LabHost, script: str, *, check: bool = True, given: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a line of shell on a host, over SSH with its host key checked."""
        ended = subprocess.run(
            ["ssh", "-F", self.state.ssh_config, host.name, script],
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if check:
            assert ended.returncode == 0, f"{script}: {ended.stdout}{ended.stderr}"
        return ended

    def init(self, host: LabHost) -> str:
        """The number of a host's first process on this machine."""
        group = Path(LabFolder(self.folder).cgroup.read_text(encoding="utf-8"))
        processes = group / host.name / "init.scope" / "cgroup.procs"
        return processes.read_text().split()[0]

    def console(self, host: LabHost, script: str) -> str:
        """Run a line as root on a host whose SSH may be broken."""
        ended = subprocess.run(
            ["nsenter", "--target", self.init(host), "--all", "sh", "-c", script],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert ended.returncode == 0, f"{script}: {ended.stdout}{ended.stderr}"
        return ended.stdout

    def power(self, host: LabHost, *, on: bool) -> None:
        """Cut the current of a host, or boot it again with what its disk holds."""
        if on:
            process.start(self.folder, [host.name])
        else:
            process.stop(self.folder, [host.name], orderly=False)

    def point(self, names: dict[str, str]) -> None:
        """Let names of websites lead to hosts; "" takes one back."""
        process.point(self.folder, names)

    def browser(self, **options: object) -> httpx.Client:
        """A client on this machine that reaches the hosts by name."""
        return httpx.Client(proxy=self.state.web_proxy, timeout=20, **options)  # type: ignore[arg-type]


def images() -> Path:
    """Where images are kept between runs of the tests."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("LAB_IMAGES") or Path(cache) / "provisioner" / "lab")


@pytest.fixture(scope="session")
def lab_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of lab hosts; the test is skipped where there can be no lab."""
    if is_plain():
        pytest.skip("Lab hosts with systemd need root.")
    why = hindrance(tmp_path_factory.getbasetemp())
    if why:
        pytest.skip(why)
    try:
        return image_of(images())
    except SandboxError as error:
        pytest.skip(" ".join(str(error).split()))


@pytest.fixture(scope="session")
def lab(lab_image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The lab of this worker."""
    folder = tmp_path_factory.mktemp("lab")
    try:
        yield Lab(folder, lab_image)
    finally:
        process.down(folder, purge=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with hosts get the time that the first of them may need."""
    for item in items:
        if "lab_image" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.lab)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(_PATIENCE))

"""Where there can be no lab, one line says why; and images are built once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from lab import images

from provisioner.errors import SandboxError
from provisioner.sandbox.lab import process
from provisioner.sandbox.lab.image import SUITES, fingerprint_of, image_of, in_use
from provisioner.sandbox.lab.possible import cgroup_root, hindrance

_ASK = """
import sys
from pathlib import Path
from provisioner.sandbox.lab.possible import hindrance
print(hindrance(Path(sys.argv[1])))
"""
_ON_AN_OVERLAY = """
mkdir lower upper work merged
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
exec "$@" merged
"""
_WITHOUT_CGROUPS = """
awk '$3 == "cgroup2" {print $2}' /proc/mounts | xargs -n 1 umount -l
exec "$@" .
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="takes rights away from root")


def _asked(folder: Path, *before: str, script: str = 'exec "$@" .') -> str:
    command = [*before, "sh", "-ec", script, "sh", sys.executable, "-c", _ASK]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
    (line,) = ended.stdout.splitlines()
    return line


@needs_root
def test_a_plain_user_is_told_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    with TemporaryDirectory(prefix="lab-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        for tool in ("unshare", "nsenter", "setpriv", "ip", "ssh-keygen"):
            Path(folder, tool).symlink_to(str(shutil.which(tool)))
        monkeypatch.setenv("PATH", folder)
        os.seteuid(65534)
        try:
            why = hindrance(Path(folder))
        finally:
            os.seteuid(0)
    assert why == "Lab hosts need newuidmap: apt-get install uidmap."


def test_a_missing_tool_is_named_with_its_package(
    lab_image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert hindrance(tmp_path) == "Lab hosts need unshare: apt-get install util-linux."


def test_what_the_kernel_refuses_is_told(lab_image: Path, tmp_path: Path) -> None:
    bounds = ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin")
    why = _asked(tmp_path, *bounds)
    assert "the kernel refuses: unshare" in why
    assert list(tmp_path.iterdir()) == []


def test_files_on_an_overlay_are_refused(lab_image: Path, tmp_path: Path) -> None:
    why = _asked(tmp_path, "unshare", "--mount", script=_ON_AN_OVERLAY)
    assert "overlayfs, and the kernel refuses: mount:" in why


def test_without_cgroups_it_is_told(lab_image: Path, tmp_path: Path) -> None:
    why = _asked(tmp_path, "unshare", "--mount", script=_WITHOUT_CGROUPS)
    assert "cgroup2" in why
    assert cgroup_root() is not None


def test_an_image_is_built_once(lab_image: Path) -> None:
    told: list[str] = []
    began = time.monotonic()
    assert image_of(images(), tell=told.append) == lab_image
    assert told == []
    assert time.monotonic() - began < 1


def test_without_mmdebstrap_an_image_is_not_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="apt-get install mmdebstrap"):
        image_of(tmp_path / "images")


def test_an_image_that_cannot_be_built_leaves_its_log_alone(
    lab_image: Path, tmp_path: Path
) -> None:
    with pytest.raises(SandboxError, match="could not be built") as failed:
        image_of(tmp_path, "no-such-suite")
    (log,) = tmp_path.glob("*.log")
    assert str(log) in failed.value.remedy
    assert {one.name for one in tmp_path.iterdir()} == {log.name, "lock"}


def test_a_host_of_another_image_begins_anew(lab_image: Path, tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    before = process.up(folder, ["web1"], lab_image).host("web1")
    with in_use(lab_image):
        process.down(folder)
    other = folder / "hosts" / "web1" / "image"
    assert other.read_text() == fingerprint_of(lab_image)
    other.write_text("an older one")
    try:
        after = process.up(folder, ["web1"], lab_image).host("web1")
        assert after.known_hosts != before.known_hosts
        assert after.address == before.address
    finally:
        process.down(folder, purge=True)


@pytest.mark.skipif(
    not os.environ.get("LAB_DEBIAN_12"), reason="builds a second image: LAB_DEBIAN_12=1"
)
def test_hosts_can_be_of_debian_12(lab_image: Path, tmp_path: Path) -> None:
    assert "bookworm" in SUITES
    image = image_of(images(), "bookworm")
    try:
        state = process.up(tmp_path / "lab", ["old1"], image)
        told = subprocess.run(
            ["ssh", "-F", state.ssh_config, "old1", "cat /etc/debian_version"],
            capture_output=True,
            text=True,
        )
        assert told.stdout.startswith("12.")
    finally:
        process.down(tmp_path / "lab", purge=True)

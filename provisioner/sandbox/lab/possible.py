"""Whether there can be a lab on this machine, and in one line why not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from provisioner.sandbox.lab.userns import as_root, is_plain

_TOOLS = {
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "ip": "iproute2",
    "ssh-keygen": "openssh-client",
}
_PLAIN_TOOLS = {"newuidmap": "uidmap", "newgidmap": "uidmap"}
# What a host is made of, tried at once in a folder of its own.
_TRIAL = """
set -e
mount --make-rprivate /
cd "$1"
mkdir lower upper work merged
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
ip link add trial type veth peer name lairt
"""


def hindrance(place: Path) -> str:
    """Why no lab can run here, as one sentence with the remedy; "" where it can.

    `place` is where its files shall lie, which must not be an overlay itself. Takes some
    30 ms and leaves nothing.
    """
    if sys.platform != "linux":
        return "Lab hosts need Linux."
    for tool, package in (_TOOLS | (_PLAIN_TOOLS if is_plain() else {})).items():
        if shutil.which(tool) is None:
            return f"Lab hosts need {tool}: apt-get install {package}."
    if not is_plain() and cgroup_root() is None:
        return "Lab hosts need a writable cgroup2 file system, mounted on this machine."
    return _refused(place)


def _refused(place: Path) -> str:
    """What the kernel refuses of what a host is made of; "" for nothing."""
    there = next(
        one for one in (place.absolute(), *place.absolute().parents) if one.is_dir()
    )
    unshare = "unshare --mount --net --pid --fork --uts --ipc --cgroup --kill-child"
    with TemporaryDirectory(dir=there, prefix=".lab-trial-") as trial:
        ended = subprocess.run(  # noqa: S603 - constant words and a path of ours
            as_root([*unshare.split(), "sh", "-c", _TRIAL, "trial", trial]),
            capture_output=True,
            text=True,
            check=False,
        )
    if ended.returncode == 0:
        return ""
    told = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
    what = told[0].rstrip(".")
    return f"Lab hosts need namespaces and overlayfs, and the kernel refuses: {what}."


def cgroup_root() -> Path | None:
    """Where cgroup2 is mounted and ours to write; None where it is not."""
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, mounted, type_, options = line.split()[:4]
        ours = "rw" in options.split(",") and os.access(mounted, os.W_OK)
        if type_ == "cgroup2" and ours:
            return Path(mounted)
    return None

"""Whether there can be a lab on this machine, and in one line why not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_TOOLS = {
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "ip": "iproute2",
    "ssh-keygen": "openssh-client",
}
# Everything a host is made of, tried at once; /proc/self/fd/0 gives nothing away.
_TRIAL = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/lower /mnt/upper /mnt/work /mnt/merged
mount -t overlay overlay -o lowerdir=/mnt/lower,upperdir=/mnt/upper,workdir=/mnt/work \
    /mnt/merged
ip link add trial type veth peer name lairt
"""


def hindrance() -> str:
    """Why no lab can run here, as one sentence with the remedy; "" where it can.

    Takes some 20 ms and leaves nothing.
    """
    if sys.platform != "linux":
        return "Lab hosts need Linux."
    if os.geteuid() != 0:
        return "Lab hosts need root; run the sandbox as root or with --tenant-only."
    for tool, package in _TOOLS.items():
        if shutil.which(tool) is None:
            return f"Lab hosts need {tool}: apt-get install {package}."
    if cgroup_root() is None:
        return "Lab hosts need a writable cgroup2 file system, mounted on this machine."
    return _refused()


def _refused() -> str:
    """What the kernel refuses of what a host is made of; "" for nothing."""
    trial = "unshare --mount --net --pid --fork --uts --ipc --cgroup --kill-child sh"
    ended = subprocess.run(  # noqa: S603 - a constant command
        trial.split(), input=_TRIAL, capture_output=True, text=True, check=False
    )
    if ended.returncode == 0:
        return ""
    told = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
    return (
        f"Lab hosts need namespaces and overlayfs, and the kernel refuses: {told[-1]}."
    )


def cgroup_root() -> Path | None:
    """Where cgroup2 is mounted and writable; None where it is not."""
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, mounted, type_, options = line.split()[:4]
        if type_ == "cgroup2" and "rw" in options.split(","):
            return Path(mounted)
    return None

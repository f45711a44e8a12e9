"""A plain user has hosts, too, in a user namespace: without cgroups and systemd."""

from __future__ import annotations

import json
import os
import site
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from lab import images

_NOBODY = 65534
_STORY = """
import json, os, subprocess, sys
from pathlib import Path
from provisioner.sandbox.lab import image, possible, process

home, images = Path(sys.argv[1]) / "lab", Path(sys.argv[2])
seen = {"user": os.getuid(), "why": possible.hindrance(home.parent)}
if not seen["why"]:
    state = process.up(home, ["web1", "backup1"], image.image_of(images))

    def run(host, script):
        command = ["ssh", "-F", state.ssh_config, host, script]
        return subprocess.run(command, capture_output=True, text=True).stdout.split()

    seen["init"] = state.init
    seen["who"] = run("web1", "hostname; id -un; sudo id -u")
    seen["started"] = run("web1", "sudo service nginx start >&2; pgrep -c nginx")
    seen["page"] = run("backup1", "curl -sS -o /dev/null -w '%{http_code}' web1")
    seen["away"] = run("web1", "curl -sS -m 2 http://192.0.2.1/; echo $?; ip -4 route")
    process.stop(home, ["backup1"], forget=True)
    seen["forgotten"] = not (home / "hosts" / "backup1").exists()
    seen["ran"] = process.down(home, purge=True)
    seen["left"] = home.exists()
    running = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True)
    seen["running"] = [line for line in running.stdout.splitlines() if f"{home}/" in line]
print(json.dumps(seen))
"""
# Ids of its own for a user whom /etc/subuid does not name, in a mount namespace that
# nobody else sees.
_AS_NOBODY = f"""
echo {_NOBODY}:100000:65536 >"$1/ids"
mount --bind "$1/ids" /etc/subuid
mount --bind "$1/ids" /etc/subgid
chown {_NOBODY} "$1"
cd "$1"
shift
exec setpriv --reuid={_NOBODY} --regid={_NOBODY} --clear-groups "$@"
"""


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that other users reach."""
    with TemporaryDirectory(prefix="lab-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _told(command: list[str], folder: Path) -> dict[str, Any]:
    packages = [str(Path.cwd()), *site.getsitepackages()]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": os.pathsep.join(packages),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


@pytest.mark.lab
@pytest.mark.timeout(600)
def test_a_plain_user_starts_hosts_and_leaves_nothing(place: Path) -> None:
    if os.geteuid() != 0:
        told = _told([sys.executable, "-c", _STORY, str(place), str(images())], place)
        if told["why"]:
            pytest.skip(told["why"])
    else:
        kept = os.environ.get("LAB_PLAIN_USER")
        if not kept:
            pytest.skip("builds another image: LAB_PLAIN_USER=FOLDER, owned by nobody")
        # This Python may lie where only root may look.
        story = ["/usr/bin/python3", "-c", _STORY, str(place), kept]
        inner = ["unshare", "--mount", "sh", "-euc", _AS_NOBODY, "sh", str(place)]
        told = _told([*inner, *story], place)
        assert told["user"] == _NOBODY
    assert told["init"] == "sysv"
    assert told["who"] == ["web1", "provisioner", "0"]
    assert int(told["started"][0]) >= 2
    assert told["page"] == ["200"]
    assert told["away"][:2] == ["7", "10.77.0.0/24"]
    assert told["forgotten"] and told["ran"]
    assert not told["left"]
    assert told["running"] == []

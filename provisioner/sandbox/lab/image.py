"""The hosts' common root: made once by mmdebstrap, kept, and shared by all labs."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioner.errors import SandboxError

SUITES = ("trixie", "bookworm")
_HERE = Path(__file__).parent
_FINISH = _HERE / "finish-image.sh"
_LOG_LINES = 6

# What every host has, for all that the kinds may ask of one.
_BASE = """
acl apt-utils ca-certificates cron curl dbus iproute2 iputils-ping libpam-systemd
logrotate openssh-server openssl procps python3 python3-apt rsync sudo systemd
systemd-sysv tzdata
"""
_SERVER = """
fail2ban nftables prometheus-node-exporter python3-systemd systemd-timesyncd
unattended-upgrades
"""
_WEB = """
certbot mariadb-server nginx php-curl php-fpm php-gd php-intl php-mbstring php-mysql
php-xml php-zip wordpress wordpress-l10n
"""
_BACKUP = "postgresql restic"
# Debian 12 has no package of it.
_REST_SERVER = {"trixie": "restic-rest-server"}


def packages(suite: str) -> list[str]:
    """The packages asked for, sorted; what they depend on comes with them."""
    every = f"{_BASE} {_SERVER} {_WEB} {_BACKUP} {_REST_SERVER.get(suite, '')}"
    return sorted(every.split())


def image_of(
    store: Path,
    suite: str = "trixie",
    tell: Callable[[str], None] = lambda _: None,
) -> Path:
    """The root of a suite in a store of images, built if it is not there.

    Building takes a minute and 1.5 GB; `tell` gets a sentence before it. Who comes while
    another builds waits for it. Raises `SandboxError` with the end of mmdebstrap's log.
    """
    home = store.absolute() / f"{suite}-{_fingerprint(suite)}"
    if home.is_dir():
        return home / "root"
    with _alone(store):
        if not home.is_dir():
            _build(home, suite, tell)
    return home / "root"


def has_image(store: Path, suite: str = "trixie") -> bool:
    """Whether the image is there already."""
    return (store / f"{suite}-{_fingerprint(suite)}").is_dir()


def _fingerprint(suite: str) -> str:
    """Changes with what goes into an image; twelve hexadecimal digits."""
    made_of = f"{' '.join(packages(suite))}\n".encode() + _FINISH.read_bytes()
    return hashlib.sha256(made_of).hexdigest()[:12]


@contextmanager
def _alone(store: Path) -> Iterator[None]:
    store.mkdir(mode=0o755, parents=True, exist_ok=True)
    handle = os.open(store / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _build(home: Path, suite: str, tell: Callable[[str], None]) -> None:
    if shutil.which("mmdebstrap") is None:
        raise SandboxError(
            "The image of lab hosts is built by mmdebstrap, which is missing.",
            remedy="apt-get install mmdebstrap, or start with --tenant-only.",
        )
    for left in home.parent.glob("building-*"):
        shutil.rmtree(left)
    tell(f"Building the image of lab hosts ({suite}, once, a minute or two) ...")
    building = home.with_name(f"building-{home.name}")
    building.mkdir(mode=0o755)
    log = home.with_name(f"{home.name}.log")
    command = [
        "mmdebstrap",
        "--variant=apt",
        "--format=directory",
        "--skip=cleanup/apt",
        f"--include={','.join(packages(suite))}",
        f'--customize-hook=sh {shlex.quote(str(_FINISH))} "$1"',
        suite,
        str(building / "root"),
    ]
    with log.open("wb") as output:
        ended = subprocess.run(  # noqa: S603 - a suite of ours
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False
        )
    if ended.returncode != 0:
        shutil.rmtree(building, ignore_errors=True)
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        raise SandboxError(
            "The image of lab hosts could not be built:\n"
            + "\n".join(lines[-_LOG_LINES:]),
            remedy=f"The whole log is {log}.",
        )
    building.rename(home)

"""The hosts' common root: made once by mmdebstrap, kept, and shared by all labs."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioner.errors import SandboxError
from provisioner.sandbox.lab.userns import as_root, is_plain, remove

SUITES = ("trixie", "bookworm")
_HERE = Path(__file__).parent
_FINISH = _HERE / "finish-image.sh"
_LOG_LINES = 6
_ROOT = "root"
_KEPT_DAYS = 30

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
php php-xml php-zip wordpress wordpress-l10n
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
    whose = f"-of-{os.geteuid()}" if is_plain() else ""
    home = store.absolute() / f"{suite}-{_fingerprint(suite)}{whose}"
    if not home.is_dir():
        with _alone(store) as lock:
            if not home.is_dir():
                _build(home, suite, tell, lock)
                _remove_old(store.absolute())
    os.utime(home)
    return home / _ROOT


def fingerprint_of(image: Path) -> str:
    """The name that is another for every other image."""
    return image.parent.name


@contextmanager
def in_use(image: Path) -> Iterator[None]:
    """Keep an image from being removed while hosts run on it."""
    handle = os.open(image.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
    finally:
        os.close(handle)


def _remove_old(store: Path) -> None:
    """Remove images that nobody asked for in a month and no lab runs on."""
    for home in store.glob("*-*/"):
        if time.time() - home.stat().st_mtime < _KEPT_DAYS * 86400:
            continue
        handle = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove(home)
        except BlockingIOError:
            continue
        finally:
            os.close(handle)


def _fingerprint(suite: str) -> str:
    """Changes with what goes into an image; twelve hexadecimal digits."""
    made_of = f"{' '.join(packages(suite))}\n".encode() + _FINISH.read_bytes()
    return hashlib.sha256(made_of).hexdigest()[:12]


@contextmanager
def _alone(store: Path) -> Iterator[int]:
    """Hold the store; gives the lock, which a child that outlives us shall hold on."""
    store.mkdir(mode=0o755, parents=True, exist_ok=True)
    handle = os.open(store / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)


def _mmdebstrap(suite: str) -> list[str]:
    """The command up to its target. The last step is handed over as text: a plain user's
    mmdebstrap could not read it from a folder that is private."""
    finish = shlex.quote(_FINISH.read_text(encoding="utf-8"))
    return [
        "mmdebstrap",
        "--variant=apt",
        "--skip=cleanup/apt",
        f"--include={','.join(packages(suite))}",
        *_apt_options(),
        f'--customize-hook=sh -c {finish} finish "$1"',
        suite,
    ]


def _apt_options() -> list[str]:
    """This machine's proxy for packages: mmdebstrap asks apt, but not its settings."""
    if shutil.which("apt-config") is None:
        return []
    told = subprocess.run(
        ["apt-config", "dump", "Acquire::http::Proxy"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    return [f"--aptopt={line}" for line in told.stdout.splitlines() if '""' not in line]


def _build(home: Path, suite: str, tell: Callable[[str], None], lock: int) -> None:
    if shutil.which("mmdebstrap") is None:
        raise SandboxError(
            "The image of lab hosts is built by mmdebstrap, which is missing.",
            remedy="apt-get install mmdebstrap, or start with --tenant-only.",
        )
    for left in home.parent.glob("building-*"):
        remove(left)
    tell(f"Building the image of lab hosts ({suite}, once, a minute or two) ...")
    building = home.with_name(f"building-{home.name}")
    building.mkdir(mode=0o755)
    log = home.with_name(f"{home.name}.log")
    with log.open("wb") as output:
        for command in _commands(suite, building / _ROOT):
            ended = subprocess.run(  # noqa: S603 - a suite of ours
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[lock],
                check=False,
            )
            if ended.returncode != 0:
                remove(building)
                raise _failure(log)
    building.rename(home)


def _failure(log: Path) -> SandboxError:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return SandboxError(
        "The image of lab hosts could not be built:\n" + "\n".join(lines[-_LOG_LINES:]),
        remedy=f"The whole log is {log}.",
    )


def _commands(suite: str, root: Path) -> Iterator[list[str]]:
    """What makes the root of a suite, one after the other."""
    if not is_plain():
        yield [*_mmdebstrap(suite), str(root), "--format=directory"]
        return
    # In a user namespace of its own, whose users are others than those of our hosts.
    archive = root.with_suffix(".tar")
    yield [*_mmdebstrap(suite), str(archive), "--format=tar", "--mode=unshare"]
    unpack = ["tar", "--extract", "--numeric-owner", "--exclude=./dev/*"]
    root.mkdir()
    yield as_root([*unpack, f"--file={archive}", f"--directory={root}"])
    archive.unlink()

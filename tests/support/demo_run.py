"""One run of the demo, with what was seen of its processes and what it left behind."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from lab import images

from provisioner.settings import Settings
from provisioner.shipped import sample_inventory
from provisioner.store.one_time_secrets import cipher_for
from provisioner.store.secret_key import load_key


@dataclass
class Demo:
    """What the demo said, left behind and let others see of its processes.

    `seen` are arguments and environment values; `passwords` first passwords by address.
    """

    home: Path
    code: int = -1
    out: str = ""
    err: str = ""
    seconds: float = 0.0
    seen: set[str] = field(default_factory=set)
    sample_before: str = ""
    sample_after: str = ""
    passwords: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.home / "work" / "var" / "demo"

    @property
    def hosts(self) -> bool:
        """Whether hosts took part: not every machine can have a lab."""
        return "It goes on without hosts." not in self.out

    @property
    def damage(self) -> Path:
        return self.folder / "reports-of-the-damage"

    def files(self) -> list[Path]:
        return [one for one in self.home.rglob("*") if one.is_file()]


def run_demo(home: Path) -> Demo:
    """Run it in `home`, with a home and a folder for temporary files of its own."""
    ran = Demo(home, sample_before=digest(sample_inventory()))
    for name in ("work", "home", "tmp"):
        (home / name).mkdir(parents=True)
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "provisioner.cli", "sandbox", "demo"],
        cwd=home / "work",
        env=os.environ
        | {"HOME": str(home / "home"), "TMPDIR": str(home / "tmp")}
        | {"PROVISIONER_LAB_IMAGES": str(images())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    watcher = threading.Thread(target=_watch, args=(process.pid, ran.seen))
    watcher.start()
    ran.out, ran.err = process.communicate(timeout=580)
    watcher.join()
    ran.code = process.returncode
    ran.seconds = time.monotonic() - began
    ran.sample_after = digest(sample_inventory())
    ran.passwords = _passwords(ran.folder)
    return ran


def _watch(pid: int, seen: set[str]) -> None:
    """Note arguments and environment of a process and its descendants while it runs."""
    try:
        parent = psutil.Process(pid)
        while parent.is_running() and parent.status() != psutil.STATUS_ZOMBIE:
            for one in [parent, *parent.children(recursive=True)]:
                seen.update(words_of(one))
            time.sleep(0.2)
    except psutil.NoSuchProcess:
        return


def words_of(process: psutil.Process) -> list[str]:
    """What everybody (arguments) or its owner (environment) sees of a process."""
    try:
        return [*process.cmdline(), *process.environ().values()]
    except (psutil.Error, OSError):
        return []


def digest(folder: Path) -> str:
    """A checksum over names and contents of all files but Python's own leavings."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            found.update(str(path.relative_to(folder)).encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def _passwords(folder: Path) -> dict[str, str]:
    """Everybody's first password; decrypted here, because showing one erases it."""
    cipher = cipher_for(load_key(Settings(var=folder)))
    with closing(sqlite3.connect(folder / "provisioner.db")) as store:
        ready = store.execute(
            "SELECT key, ciphertext FROM one_time_secrets WHERE state = 'ready'"
        ).fetchall()
    return {
        key.rpartition("/")[2]: cipher.decrypt(ciphertext).decode()
        for key, ciphertext in ready
    }

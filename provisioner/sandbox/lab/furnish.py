"""What a host has of its own before its first start: name, keys, where to ask for names."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from provisioner.sandbox.lab.image import fingerprint_of
from provisioner.sandbox.lab.state import ADMIN
from provisioner.sandbox.lab.switch import GATEWAY

_PUBLIC = "host_key.pub"


def make_key(path: Path, comment: str) -> str:
    """An Ed25519 key in OpenSSH's form, made where there is none; gives its public line
    without the comment."""
    if not path.is_file():
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment]
        subprocess.run(  # noqa: S603 - constant words and a path of ours
            [*command, "-f", str(path)], stdin=subprocess.DEVNULL, check=True
        )
    words = path.with_suffix(".pub").read_text(encoding="ascii").split()
    return " ".join(words[:2])


def furnish(home: Path, lower: Path, name: str, admin_key: str) -> None:
    """Lay out the folder of a new host over the image; an old one stays as it was left.

    What was written over another image does not fit this one: that host begins anew.
    `admin_key` is the public line of who may log in.
    """
    upper = home / "upper"
    made_over = home / "image"
    if upper.is_dir() and made_over.read_text(encoding="ascii") == fingerprint_of(
        lower
    ):
        return
    shutil.rmtree(home, ignore_errors=True)
    preparing = home / "preparing"
    for one in (preparing, home / "work", home / "merged"):
        one.mkdir(mode=0o755, parents=True, exist_ok=True)
    shutil.copystat(lower, preparing)
    key = _folder(preparing, lower, "etc/ssh") / "ssh_host_ed25519_key"
    public = make_key(key, f"root@{name}")
    _write(home / _PUBLIC, f"{name} {public}\n")
    _write(preparing / "etc/hostname", f"{name}\n")
    _write(preparing / "etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {name}\n")
    _write(preparing / "etc/resolv.conf", f"nameserver {GATEWAY}\noptions timeout:2\n")
    # Nobody misses such a host after a power cut, so its packages need not wait for disks.
    unsafe = _folder(preparing, lower, "etc/dpkg/dpkg.cfg.d") / "lab-host"
    _write(unsafe, "force-unsafe-io\n")
    keys = _folder(preparing, lower, f"home/{ADMIN}/.ssh") / "authorized_keys"
    _write(keys, f"{admin_key} {ADMIN}\n", mode=0o600)
    owner = keys.parent.stat()
    os.chown(keys, owner.st_uid, owner.st_gid)
    _write(made_over, fingerprint_of(lower))
    # The last step: what stands there is whole.
    preparing.rename(upper)


def pinned_key(home: Path) -> str:
    """The line of known_hosts for a host, as it was before anybody touched its key."""
    return (home / _PUBLIC).read_text(encoding="ascii").strip()


def _folder(upper: Path, lower: Path, path: str) -> Path:
    """A folder with the owner and mode that the image gives it and those above it."""
    made = upper
    for part in path.split("/"):
        made = made / part
        if made.is_dir():
            continue
        made.mkdir()
        below = lower / made.relative_to(upper)
        shutil.copystat(below, made)
        os.chown(made, below.stat().st_uid, below.stat().st_gid)
    return made


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)

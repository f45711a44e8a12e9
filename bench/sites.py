"""Lab hosts with many websites each, written there at once: applying them is no figure."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from provisioner.kinds.host.merge import HostState, merge
from provisioner.kinds.host.websites import website_part
from provisioner.model.host_state import HostPart
from provisioner.model.hosts import Accessibility, Website
from provisioner.providers.ansible.hosts import Hosts
from provisioner.providers.ansible.reach import Reach
from provisioner.sandbox.lab import process
from provisioner.sandbox.lab.image import image_of
from provisioner.sandbox.lab.state import LabHost, LabState
from provisioner.settings import load_settings

Parts = Mapping[str, HostPart]
_LONG_AGO = 1_700_000_000
_SERVE = """
tar -x -C / -f - && rm -f /etc/nginx/sites-enabled/default
systemctl -q enable --now nginx && systemctl reload nginx
"""


@dataclass(frozen=True)
class Farm:
    """Hosts that serve the same sites; `parts` are those of one host by resource key."""

    lab: LabState
    group: Path
    sites: int

    def names(self, count: int) -> list[str]:
        return [one.name for one in self.lab.hosts][:count]

    def reaches(self, count: int) -> dict[str, Reach]:
        return {one.name: _reach(one) for one in self.lab.hosts[:count]}

    def hosts(self, count: int) -> Hosts:
        return Hosts(self.reaches(count))

    def parts(self, name: str, sites: int | None = None) -> dict[str, HostPart]:
        """What the host of that name serves: all sites, or so many of them."""
        return _parts(name, sites or self.sites)

    def states(self, count: int, sites: int | None = None) -> dict[str, HostState]:
        """The states of so many hosts with all their sites, or with so many."""
        return {
            name: merge(self.parts(name, sites).items()) for name in self.names(count)
        }

    def as_root(self, name: str, script: str) -> None:
        """Run a shell script on a host; raises where it fails."""
        self.ssh(name, f"sudo sh -euc '{script}'", b"")

    def ssh(self, name: str, words: str, given: bytes) -> None:
        subprocess.run(
            ["ssh", "-F", self.lab.ssh_config, name, words], input=given, check=True
        )


@contextmanager
def farm(folder: Path, *, hosts: int, sites: int) -> Iterator[Farm]:
    """Hosts with nginx and all its sites on each, which end with the context."""
    settings = load_settings()
    image = image_of(settings.lab_images_dir, settings.lab_debian)
    names = [f"farm{number}" for number in range(1, hosts + 1)]
    try:
        lab = process.up(folder, names, image)
        group = Path((folder / "cgroup").read_text(encoding="utf-8"))
        one = Farm(lab, group, sites)
        archive = _archive(one.parts(names[0]))
        for name in names:
            one.ssh(name, f"sudo sh -euc '{_SERVE}'", archive)
        yield one
    finally:
        process.down(folder, purge=True)


def _reach(one: LabHost) -> Reach:
    key = one.known_hosts.partition(" ")[2]
    return Reach(
        one.name, one.ssh_address, one.ssh_port, one.user, one.key_file, (key,)
    )


def _parts(host: str, sites: int) -> dict[str, HostPart]:
    about = Accessibility("Noa", "04-999-0001", "access@town.example")
    return {
        f"town{number}/website/main": website_part(
            Website(
                "main",
                "static",
                host,
                f"www.town{number}.example",
                "he",
                f"עיר {number}",
                about,
            ),
            f"town{number}-main",
        )
        for number in range(1, sites + 1)
    }


def _archive(parts: Parts) -> bytes:
    """Everything that the parts want of the disk, as one tar."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    state = merge(parts.items())
    found = io.BytesIO()
    with tarfile.open(fileobj=found, mode="w") as tar:
        for one in state["directories"]:
            _add(tar, one["path"], None, one["mode"])
        for one in state["files"]:
            _add(tar, one["path"], one["content"].encode(), one["mode"])
        for one in state["certificates"]:
            _add(tar, one["path"], _certificate(key, one["names"]), "0644")
            _add(tar, one["path"].replace(".crt", ".key"), private, "0600")
    return found.getvalue()


def _add(tar: tarfile.TarFile, path: str, content: bytes | None, mode: str) -> None:
    info = tarfile.TarInfo(path.lstrip("/"))
    info.mode, info.mtime = int(mode, 8), _LONG_AGO
    if content is None:
        info.type = tarfile.DIRTYPE
    else:
        info.size = len(content)
    tar.addfile(info, io.BytesIO(content or b""))


def _certificate(key: ec.EllipticCurvePrivateKey, names: list[str]) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    alternatives = x509.SubjectAlternativeName([x509.DNSName(one) for one in names])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=80))
        .add_extension(alternatives, critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )

"""Configuration of OpenSSH for hosts of the lab, with host key checking on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from provisioner.sandbox.folder import write_private
from provisioner.sandbox.lab.state import LabHost


def write(hosts: Sequence[LabHost], path: Path) -> Path:
    """Write a file for `ssh -F`, and the host keys beside it; gives the file's path.

    Hosts are addressed by their names: `ssh -F FILE web1`, for Ansible
    `ansible_ssh_common_args: -F FILE`, for restic `-o sftp.args=-F FILE`.
    """
    path = path.absolute()
    known = known_hosts_of(path)
    write_private(known, "".join(f"{one.known_hosts}\n" for one in hosts).encode())
    write_private(path, "\n".join(_block(one, known) for one in hosts).encode())
    return path


def known_hosts_of(path: Path) -> Path:
    """Where `write` puts the host keys of a file."""
    return path.with_name(f"{path.name}.known_hosts")


def _block(host: LabHost, known: Path) -> str:
    options = {
        "HostName": host.ssh_address,
        "Port": str(host.ssh_port),
        "User": host.user,
        "IdentityFile": f'"{host.key_file}"',
        "IdentitiesOnly": "yes",
        "PreferredAuthentications": "publickey",
        "HostKeyAlias": host.name,
        "UserKnownHostsFile": f'"{known}"',
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "LogLevel": "ERROR",
    }
    lines = "".join(f"  {name} {value}\n" for name, value in options.items())
    return f"Host {host.name}\n{lines}"

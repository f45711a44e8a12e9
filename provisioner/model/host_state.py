"""What shall be on a host, item by item: the one value that is shown, compared and applied.

A kind of host resource makes a `HostPart` from the inventory; the parts of all resources
of a host together are its state. Nothing here reads or writes anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec import Struct

SECRET = "⟦secret:"  # what begins the place of a secret in a content  # noqa: S105


class Account(Struct, frozen=True, gc=False):
    """A person's account; nobody signs in to it with a password."""

    name: str
    groups: tuple[str, ...] = ()
    shell: str = "/bin/bash"


class Directory(Struct, frozen=True, gc=False):
    """A folder with its owner; what is in it is declared by itself."""

    path: str
    mode: str = "0755"
    owner: str = "root"
    group: str = "root"


class File(Struct, frozen=True, gc=False):
    """A file whose whole content is ours.

    `validate` is a command line whose `%s` is a file with the new content; what it
    refuses is never put in place. A secret stands in `content` as `⟦secret:REFERENCE⟧`.
    """

    path: str
    content: str
    mode: str = "0644"
    owner: str = "root"
    group: str = "root"
    validate: str = ""

    @property
    def secret(self) -> bool:
        """Whether nobody may see the content."""
        return SECRET in self.content

    @property
    def digest(self) -> str:
        return digest(self.content)


class Link(Struct, frozen=True, gc=False):
    """A symbolic link."""

    path: str
    target: str


class Service(Struct, frozen=True, gc=False):
    """A systemd unit that runs and starts at boot.

    When one of the files `reads` changes it is reloaded, or restarted with `restart`; it
    is current when that happened after their last change.
    """

    name: str
    reads: tuple[str, ...] = ()
    restart: bool = False


class Certificate(Struct, frozen=True, gc=False):
    """A TLS certificate for these names, in `path` with its key beside it.

    It is valid while its authority is ours, its names and key fit, and it has days left.
    """

    path: str
    names: tuple[str, ...]

    @property
    def key(self) -> str:
        return f"{self.path.removesuffix('.crt')}.key"


class HostPart(Struct, frozen=True):
    """What one resource wants of one host; the spec of every kind of host resource.

    `absent` are paths of files and links that a package puts in the way. `firewall` is the
    file of nftables whose tables shall be in force as it says.
    `ports` (`tcp 443`) may listen to others; whatever else does is told as undeclared.
    """

    host: str
    hostname: str = ""
    packages: tuple[str, ...] = ()
    accounts: tuple[Account, ...] = ()
    directories: tuple[Directory, ...] = ()
    files: tuple[File, ...] = ()
    links: tuple[Link, ...] = ()
    services: tuple[Service, ...] = ()
    ports: tuple[str, ...] = ()
    firewall: str = ""
    certificates: tuple[Certificate, ...] = ()
    absent: tuple[str, ...] = ()


def part_of(stored: Mapping[str, Any]) -> HostPart | None:
    """A part as it was stored; None where its form is an older one."""
    try:
        return msgspec.convert(stored, HostPart, strict=False)
    except msgspec.ValidationError:
        return None


def digest(content: str) -> str:
    """`sha256:` and the digest of a text as a file has it (UTF-8)."""
    return "sha256:" + hashlib.sha256(content.encode()).hexdigest()


def facts(part: HostPart) -> dict[str, Any]:
    """The part as single facts, JSON-like: what is compared, each with a name of its own.

    The observing module tells facts by the same names, and None for what is not there.
    """
    return dict(_facts(part))


def _facts(part: HostPart) -> Iterator[tuple[str, Any]]:
    if part.hostname:
        yield "hostname", part.hostname
    for package in part.packages:
        yield f"package {package}", "installed"
    for account in part.accounts:
        yield f"account {account.name} groups", sorted(account.groups)
        yield f"account {account.name} shell", account.shell
    for certificate in part.certificates:
        yield f"certificate {certificate.path}", "valid"
    yield from _facts_of_paths(part)
    for service in part.services:
        yield f"service {service.name} enabled", True
        yield f"service {service.name} running", True
        if service.reads:
            yield f"service {service.name} current", True
    if part.firewall:
        yield f"firewall {part.firewall}", "in force"


def _facts_of_paths(part: HostPart) -> Iterator[tuple[str, Any]]:
    for directory in part.directories:
        owner = f"{directory.owner}:{directory.group}"
        yield f"directory {directory.path} owner", owner
        yield f"directory {directory.path} mode", directory.mode
    for file in part.files:
        yield f"file {file.path} content", file.digest
        yield f"file {file.path} owner", f"{file.owner}:{file.group}"
        yield f"file {file.path} mode", file.mode
    for path in part.absent:
        yield f"absent {path}", True
    for link in part.links:
        yield f"link {link.path}", link.target

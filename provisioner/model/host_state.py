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
    """A person's account, or with `system` a program's; nobody signs in with a password."""

    name: str
    groups: tuple[str, ...] = ()
    shell: str = "/bin/bash"
    system: bool = False


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

    It is valid while its names and key fit and it has days left. Where no authority of
    our own signs, the one whose ACME `directory` this is does, and writes to `email`.
    """

    path: str
    names: tuple[str, ...]
    directory: str = ""
    email: str = ""

    @property
    def key(self) -> str:
        return f"{self.path.removesuffix('.crt')}.key"


class Database(Struct, frozen=True, gc=False):
    """A database of MariaDB and the one user who may use it.

    `user` is the name of a system account, too: MariaDB knows by the socket who asks, so
    there is no password. `privileges` are those on this database, and there are no others.
    """

    name: str
    user: str
    privileges: tuple[str, ...]


class Salts(Struct, frozen=True, gc=False):
    """A file of keys that a site signs its cookies with; made on the host, where it stays."""

    path: str
    group: str


class Site(Struct, frozen=True, gc=False):
    """What is inside a WordPress site: options, starting pages, who administers it.

    `user` is the system account it runs as. `options` are compared as text. `pages` are
    `(name, title, content)`, made once and then left to the editors; `statement` are words
    that the page `accessibility` must always have, `coordinator` the piece of it that has
    them. `administrator` is a login, `email` what its account is made with.
    """

    name: str
    user: str
    database: str
    administrator: str
    email: str
    options: dict[str, str]
    pages: tuple[tuple[str, str, str], ...]
    statement: tuple[str, ...]
    coordinator: str


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
    databases: tuple[Database, ...] = ()
    salts: tuple[Salts, ...] = ()
    sites: tuple[Site, ...] = ()


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
    # First of all: a database that is gone has taken more with it than a setting.
    for database in part.databases:
        yield f"database {database.name}", "there"
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
    yield from _facts_of_sites(part)


def _facts_of_sites(part: HostPart) -> Iterator[tuple[str, Any]]:
    for database in part.databases:
        yield from _facts_of_database(database)
    for salts in part.salts:
        yield f"salts {salts.path}", "made"
    for site in part.sites:
        yield from _facts_of_site(site)


def _facts_of_database(database: Database) -> Iterator[tuple[str, Any]]:
    name = f"database {database.name}"
    yield f"{name} user", f"{database.user} by unix_socket"
    yield f"{name} privileges", sorted(database.privileges)


def _facts_of_site(site: Site) -> Iterator[tuple[str, Any]]:
    name = f"site {site.name}"
    yield f"{name} installed", True
    yield f"{name} database", "current"
    yield f"{name} administrator", True
    for option, value in sorted(site.options.items()):
        yield f"{name} {option}", value
    yield f"{name} pages", sorted(page for page, _, _ in site.pages)
    yield f"{name} statement", list(site.statement)


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

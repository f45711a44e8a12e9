"""The types of single values of hosts: names, addresses, keys, networks, paths.

A value that fails by its pattern is put into words by `provisioner.inventory.wording`;
the other failures say themselves. Nothing here may begin with a hyphen: these values
come near command lines.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from functools import cache
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from provisioner.inventory.characters import shown

HOST_PATTERN = r"^[a-z](?:[a-z0-9-]*[a-z0-9])?$"
NAME_ON_NET_PATTERN = r"^[A-Za-z0-9](?:[A-Za-z0-9.:-]*[A-Za-z0-9])?$"
ACCOUNT_NAME_PATTERN = r"^[a-z_][a-z0-9_-]{0,30}$"
PUBLIC_KEY_PATTERN = r"^[a-z][a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}(?: [A-Za-z0-9@._-]+)?$"
NETWORK_PATTERN = r"^[0-9a-fA-F.:]+(?:/[0-9]{1,3})?$"
PATH_PATTERN = r"^(?:/[A-Za-z0-9_+@][A-Za-z0-9._+@-]*)+$"
DATABASE_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]*$"
REPOSITORY_PATTERN = r"^(?:/|sftp:|rest:https?://|s3:)[A-Za-z0-9@:/._-]+$"
VARIABLE_PATTERN = r"^(?:AWS|RESTIC_REST)_[A-Z0-9_]+$"
DIRECTORY_PATTERN = r"^https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?/[A-Za-z0-9./_-]*$"
PHONE_PATTERN = r"^[+*0-9][0-9 -]{1,20}$"

_KEY_TYPES = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
    "sk-ssh-ed25519@openssh.com",
)
# Accounts that Debian makes itself; an administrator of that name would be theirs.
_SYSTEM = frozenset(
    {
        *("root", "daemon", "bin", "sys", "sync", "games", "man", "lp", "mail", "news"),
        *("uucp", "proxy", "www-data", "backup", "list", "irc", "nobody", "sshd"),
        *("_apt", "messagebus", "systemd-network", "systemd-timesync"),
        *("mysql", "postgres"),
    }
)
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def _fault(code: str, what: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError(code, "{what}", {"what": what, "remedy": remedy})


def _address(value: str) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        pass
    labels = value.split(".")
    if all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdigit():
        return value.lower()
    raise _fault(
        "bad-host",
        f"{shown(value)} is neither an address nor a name on the network.",
        "Write an IP address, or a name such as web-1.galil.example.",
    )


def _public_key(value: str) -> str:
    """The key without its comment. Its text is not told: it may be the private one."""
    kind, _, rest = value.partition(" ")
    body = rest.partition(" ")[0]
    try:
        raw = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    named = raw[4 : 4 + int.from_bytes(raw[:4], "big")]
    if kind not in _KEY_TYPES or named != kind.encode() or len(raw) <= 4 + len(named):
        raise _fault(
            "bad-key",
            "This is no public SSH key (the value is not shown).",
            f"Write the line of a .pub file; types: {', '.join(_KEY_TYPES[:2])}, …",
        )
    return f"{kind} {body}"


def _account(value: str) -> str:
    if value in _SYSTEM:
        raise _fault(
            "bad-account",
            f"The account {shown(value)} belongs to the system.",
            "Give the person a name of their own.",
        )
    return value


def _network(value: str) -> str:
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        raise _fault(
            "bad-network",
            f"{shown(value)} is no network.",
            "Write an address or a network such as 10.20.0.0/16.",
        ) from None


@cache
def _zones() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset(available_timezones())


def _iana_zone(value: str) -> str:
    if value not in _zones():
        raise _fault(
            "unknown-time-zone",
            f"{shown(value)} is no time zone of a host.",
            "Write its IANA name, such as Asia/Jerusalem.",
        )
    return value


HostName = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=40, pattern=HOST_PATTERN)
]
NetAddress = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=253, pattern=NAME_ON_NET_PATTERN
    ),
    AfterValidator(_address),
]
SystemUser = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=ACCOUNT_NAME_PATTERN)
]
AccountName = Annotated[SystemUser, AfterValidator(_account)]
PublicKey = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=2000, pattern=PUBLIC_KEY_PATTERN
    ),
    AfterValidator(_public_key),
]
Network = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=64, pattern=NETWORK_PATTERN),
    AfterValidator(_network),
]
TimeZoneOfHost = Annotated[
    str, StringConstraints(strip_whitespace=True), AfterValidator(_iana_zone)
]
AbsolutePath = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=255, pattern=PATH_PATTERN)
]
Database = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=64, pattern=DATABASE_PATTERN),
]
Repository = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=512, pattern=REPOSITORY_PATTERN
    ),
]
EnvironmentName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=64, pattern=VARIABLE_PATTERN),
]
AcmeDirectory = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=512, pattern=DIRECTORY_PATTERN),
]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=PHONE_PATTERN)]
Port = Annotated[int, Field(ge=1, le=65535)]

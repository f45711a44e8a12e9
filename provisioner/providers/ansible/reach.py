"""How a host is reached, and Ansible's inventory made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

GROUP = "provisioned"


class Reach(Struct, frozen=True):
    """Where a host's SSH answers, who we are there, and the keys it must show.

    `host_keys` are `type base64` each. From the inventory in production, from the lab in
    a sandbox; never from what a municipality writes.
    """

    name: str
    address: str
    port: int
    user: str
    key_file: str
    host_keys: tuple[str, ...]


def known_hosts(reaches: Mapping[str, Reach]) -> str:
    """The text of OpenSSH's known_hosts; each host stands under its name."""
    return "".join(
        f"{one.name} {key}\n" for one in reaches.values() for key in one.host_keys
    )


def unsafe(value: Any) -> Any:
    """`value` with every string in it marked as text that Ansible never expands.

    Keys are not marked: they are ours. One that looks like such a mark is refused.
    """
    if isinstance(value, str):
        return {"__ansible_unsafe": value}
    if isinstance(value, Mapping):
        if marks := [key for key in value if str(key).startswith("__ansible")]:
            raise ValueError(f"{marks[0]!r} is no key that we make")
        return {key: unsafe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [unsafe(item) for item in value]
    return value


def inventory(
    reaches: Mapping[str, Reach], variables: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    """The inventory of one run: hosts with how to reach them and one variable of ours."""
    hosts = {
        name: {
            "ansible_host": unsafe(reaches[name].address),
            "ansible_port": reaches[name].port,
            "ansible_user": unsafe(reaches[name].user),
            "ansible_ssh_private_key_file": unsafe(reaches[name].key_file),
            "ansible_ssh_common_args": unsafe(f"-o HostKeyAlias={name}"),
            GROUP: unsafe(given),
        }
        for name, given in variables.items()
    }
    return {"all": {"children": {GROUP: {"hosts": hosts}}}}

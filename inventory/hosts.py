#!/usr/bin/env python3
"""The inventory files for Ansible: `ansible-playbook -i inventory/hosts.py …`.

The controller, each host of the cluster with all that shall be on it (group
`provisioned`), and a group for each municipality with the hosts it describes. People are
left out; Ansible has no use for them.

Every string that a municipality wrote is marked unsafe, because Ansible expands
templates in inventory variables and would run what they say on the controller.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
VENV_PYTHON = HERE.parent / ".venv" / "bin" / "python"

try:
    from provisioner import inventory
    from provisioner.errors import InventoryInvalid
    from provisioner.kinds.host.everything import everything
    from provisioner.kinds.host.observe import states
    from provisioner.providers.ansible.reach import GROUP, unsafe
    from provisioner.providers.ansible.secrets import filled_state
    from provisioner.settings import resolve_secret
except ModuleNotFoundError:
    # Ansible starts this file by its first line, which finds the system's Python.
    if VENV_PYTHON.is_file() and Path(sys.prefix) != VENV_PYTHON.parents[1]:
        os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])  # noqa: S606
    sys.exit("provisioner is not installed for this Python; run `make venv` first.")


def about(one: Any) -> dict[str, Any]:
    """What plays may know about a municipality."""
    return {
        "slug": one.slug,
        "names": {"he": one.names.he, "ar": one.names.ar, "en": one.names.en},
        "type": one.type,
        "domain": one.domain,
        "language": one.language,
    }


def group(slug: str) -> str:
    """The Ansible group of a municipality; group names have no hyphens."""
    return f"municipality_{slug.replace('-', '_')}"


def provisioned(cluster: Any) -> dict[str, dict[str, Any]]:
    """The variables of each host somebody describes: how to reach it, what shall be."""
    wanted = everything(cluster)
    keys = {zone.name: zone.key.removeprefix("file/") for zone in cluster.zones}
    made = states(wanted)
    return {
        one.name: {
            "ansible_host": unsafe(one.address),
            "ansible_port": one.port,
            "ansible_user": unsafe(one.user),
            "ansible_ssh_private_key_file": unsafe(keys[one.zone]),
            "ansible_ssh_common_args": unsafe(known(one)),
            GROUP: {"state": unsafe(complete(made[one.name]))},
        }
        for one in cluster.hosts
        if one.name in made
    }


def complete(state: Any) -> dict[str, Any]:
    """The state with its secrets; files whose secret is not here are named and left out."""
    whole, lacking = filled_state(state, resolve_secret)
    sys.stderr.write("".join(f"left out: {why}\n" for why in lacking))
    return whole


def known(host: Any) -> str:
    """Options of SSH that trust the host's pinned key and no other."""
    key = f"KnownHostsCommand=/bin/echo {host.name} {host.host_keys[0]}"
    return (
        f"-o HostKeyAlias={host.name} -o StrictHostKeyChecking=yes"
        f" -o UserKnownHostsFile=/dev/null -o '{key}'"
    )


def listing(cluster: Any) -> dict[str, Any]:
    """What `--list` prints: groups, and the variables of all hosts under `_meta`."""
    controller = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "cluster": {
            "slug": unsafe(cluster.slug),
            "municipalities": [unsafe(about(one)) for one in cluster.municipalities],
        },
    }
    members = {
        group(one.slug): {
            "hosts": [server.host for server in one.servers],
            "vars": {"municipality": unsafe(about(one))},
        }
        for one in cluster.municipalities
    }
    hosts = provisioned(cluster)
    return {
        "_meta": {"hostvars": {"localhost": controller, **hosts}},
        "controller": {"hosts": ["localhost"]},
        GROUP: {"hosts": sorted(hosts)},
        "municipalities": {"children": sorted(members)},
        **members,
    }


def main(arguments: list[str]) -> int:
    if arguments[:1] not in (["--list"], ["--host"]):
        sys.stderr.write("usage: hosts.py --list | --host NAME\n")
        return 2
    try:
        cluster = inventory.load(Path(os.environ.get("PROVISIONER_INVENTORY", HERE)))
    except InventoryInvalid as invalid:
        sys.stderr.write("".join(f"{fault}\n" for fault in invalid.faults))
        sys.stderr.write(f"{invalid}\n")
        return 1
    found = listing(cluster)
    if arguments[0] == "--host":
        found = found["_meta"]["hostvars"].get("".join(arguments[1:2]), {})
    json.dump(found, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

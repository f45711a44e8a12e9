#!/usr/bin/env python3
"""The inventory files for Ansible: `ansible-playbook -i inventory/hosts.py …`.

Hosts are not part of the files yet: there is the controller alone, and an empty group
for each municipality. People are left out; Ansible has no use for them.

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
except ModuleNotFoundError:
    # Ansible starts this file by its first line, which finds the system's Python.
    if VENV_PYTHON.is_file() and Path(sys.prefix) != VENV_PYTHON.parents[1]:
        os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])  # noqa: S606
    sys.exit("provisioner is not installed for this Python; run `make venv` first.")


def unsafe(value: Any) -> Any:
    """`value` with every string leaf marked as text that is never a template."""
    if isinstance(value, str):
        return {"__ansible_unsafe": value}
    if isinstance(value, dict):
        return {key: unsafe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [unsafe(item) for item in value]
    return value


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
        group(one.slug): {"hosts": [], "vars": {"municipality": unsafe(about(one))}}
        for one in cluster.municipalities
    }
    return {
        "_meta": {"hostvars": {"localhost": controller}},
        "controller": {"hosts": ["localhost"]},
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

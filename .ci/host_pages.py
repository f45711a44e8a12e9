"""The reference pages on hosts: roles from their argument specs, faults from their table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
ROLES = ROOT / "playbooks" / "roles"
FAULTS = ROOT / "tests" / "cases" / "hosts" / "faults.yml"
Spec = dict[str, Any]


def roles_page(generated: str) -> str:
    """What every role takes, a table for each level of its argument spec."""
    lines = [
        "# Roles",
        "",
        generated,
        "What the roles under `playbooks/roles/` take. provisioner makes it from the",
        "inventory; so does `inventory/hosts.py` for plain Ansible.",
    ]
    for file in sorted(ROLES.glob("*/meta/argument_specs.yml")):
        specs = yaml.safe_load(file.read_text(encoding="utf-8"))["argument_specs"]
        for entry, spec in specs.items():
            name = file.parents[1].name
            title = name if entry == "main" else f"{name}, `{entry}.yml`"
            lines += ["", f"## {title}", "", f"{spec['short_description']}."]
            lines += ["", *map(_plain, spec.get("description", ()))]
            lines += _options("", spec.get("options", {}))
    return "\n".join([*lines, ""])


def _options(path: str, options: Spec) -> Iterator[str]:
    """A table of these options, then one for what is in each."""
    yield ""
    if path:
        yield from (f"### `{path}`", "")
    yield from ("| key | type | default | meaning |", "|---|---|---|---|")
    for name, one in options.items():
        yield f"| `{name}` | {_type(one)} | {_default(one)} | {_plain(one)} |"
    for name, one in options.items():
        if one.get("options"):
            yield from _options(f"{path}.{name}".strip("."), one["options"])


def _type(one: Spec) -> str:
    kind = one.get("type", "str")
    return f"list of {one['elements']}" if kind == "list" else str(kind)


def _default(one: Spec) -> str:
    if one.get("required"):
        return "needed"
    return f"`{one['default']}`" if one.get("default") not in (None, "", []) else ""


def _plain(one: Spec | str) -> str:
    """A description without Ansible's own marks."""
    told = one if isinstance(one, str) else one["description"]
    text = " ".join(told) if isinstance(told, list) else str(told)
    return re.sub(r"C\(([^)]*)\)", r"`\1`", text)


def faults_page(generated: str) -> str:
    """The table of faults with what is told of each."""
    text = FAULTS.read_text(encoding="utf-8").replace("<home>/", "~")
    faults: list[Spec] = yaml.safe_load(text)
    sees = sum(one["check"] == "sees" for one in faults)
    return "\n".join(
        [
            "# Faults on hosts, and what is told of them",
            "",
            generated,
            "Each is made by hand on a lab host by `tests/lab/test_faults.py`, which holds",
            "this table against what is told: nothing before, exactly this after, and",
            "nothing again after the repair. The last column is what Ansible's own",
            "`--check --diff` over the same state makes of it: it *sees* the fault,",
            f"*misses* it, or *fails* on it. Of these it sees {sees} of {len(faults)}.",
            "",
            "| what somebody does | what is told | check mode |",
            "|---|---|---|",
            *(f"| {one['fault']} | {_told(one)} | {one['check']} |" for one in faults),
            "",
            "What is *nobody's* was declared by nobody: it is told and left to a person.",
            "An *unknown* host is written to by nobody until it can be read again.",
            "",
        ]
    )


def _told(fault: Spec) -> str:
    told = [
        f"{kind}: `{field}`"
        for kind, fields in fault.get("told", {}).items()
        for field in fields
    ]
    told += [f"nobody's: `{item}`" for item in fault.get("added", ())]
    if "unknown" in fault:
        told.append(f"unknown: {fault['unknown']}")
    return "<br>".join(told)

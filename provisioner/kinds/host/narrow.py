"""Of a host's state what differs: an apply costs what changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from provisioner.kinds.host.differ import UNREADABLE
from provisioner.kinds.host.merge import HostState, empty
from provisioner.model.change import FieldChange

# The groups whose items are named by their path, and how their facts begin.
_BY_PATH = {
    "directories": "directory",
    "certificates": "certificate",
    "files": "file",
    "links": "link",
    "salts": "salts",
}
_BY_NAME = {
    "packages": "package",
    "accounts": "account",
    "databases": "database",
    "sites": "site",
}


def narrowed(state: HostState, fields: Iterable[FieldChange]) -> HostState:
    """The items of `state` that these fields are about, and the units that read them.

    Files that shall go are `gone`; a unit that runs with an older file is `stale`.
    """
    changes = list(fields)
    named = {one.field for one in changes}
    # What cannot be read now may be as wanted: first its service runs, then it is seen.
    about = {_about(one.field) for one in changes if one.before != UNREADABLE}
    kept: HostState = {**empty(), "ports": [], "gone": _gone(changes)}
    if "hostname" in named:
        kept["hostname"] = state["hostname"]
    for group, word in _BY_PATH.items():
        kept[group] = [one for one in state[group] if f"{word} {one['path']}" in about]
    for group, word in _BY_NAME.items():
        kept[group] = [one for one in state[group] if f"{word} {one['name']}" in about]
    if kept["packages"]:
        # What a package puts in the way is not there before the package is.
        kept["absent"] = state["absent"]
    stale = {name.removeprefix("firewall ") for name in named if "firewall " in name}
    # What is signed anew is no written file to the role that writes files.
    stale |= {one["path"] for one in kept["certificates"]}
    written = {one["path"] for one in (*kept["files"], *kept["certificates"])}
    written |= {one["path"] for one in kept["gone"]}
    for service in state["services"]:
        reads = set(service["reads"])
        old = f"service {service['name']} current" in named or reads & stale
        differs = f"service {service['name']}"
        start = {f"{differs} enabled", f"{differs} running"} & named
        if old or start or reads & written:
            kept["services"].append(
                {**service, "stale": bool(old), "start": bool(start)}
            )
    return kept


def _about(field: str) -> str:
    """`file /etc/x` of `file /etc/x mode`; links and packages are named whole."""
    kind, _, rest = field.partition(" ")
    if kind in ("link", "package", "salts"):
        return field
    return f"{kind} {rest.partition(' ')[0]}"


def _gone(changes: Iterable[FieldChange]) -> list[dict[str, Any]]:
    former = [
        {"path": one.field.removeprefix("file ").removesuffix(" content")}
        for one in changes
        if one.field.startswith("file ") and one.after is None
    ]
    in_the_way = [one.field for one in changes if one.field.startswith("absent ")]
    return former + [{"path": one.removeprefix("absent ")} for one in in_the_way]

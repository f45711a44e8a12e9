"""The parts of all resources on one host as its one state, each item labelled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from provisioner.model.host_state import HostPart, Service, facts

HostState = dict[str, list[dict[str, Any]]]
_GROUPS = (
    "packages",
    "accounts",
    "directories",
    "certificates",
    "files",
    "absent",
    "links",
    "ports",
)


class Contradiction(Exception):
    """Two resources want different things of one item."""


def empty() -> HostState:
    """The state of a host of which nobody wants anything."""
    return {group: [] for group in ("hostname", *_GROUPS, "services", "firewall")}


def merge(parts: Iterable[tuple[str, HostPart]]) -> HostState:
    """One dict for a host from `(resource key, part)` pairs, JSON-like.

    Every item has its `resource`; packages that several want are there once. Raises
    `Contradiction` naming both resources.
    """
    state = empty()
    wanted: dict[str, tuple[str, Any]] = {}
    for key, part in parts:
        for name, value in facts(part).items():
            other, before = wanted.setdefault(name, (key, value))
            if before != value:
                raise Contradiction(f"{key} and {other} differ about {name}")
        for group, name in (("hostname", part.hostname), ("firewall", part.firewall)):
            if name:
                state[group].append({"name": name, "resource": key})
        for group in _GROUPS:
            for one in getattr(part, group):
                _add(state[group], key, one)
        for service in part.services:
            _join(state["services"], key, service)
    return state


def joined(one: HostPart, other: HostPart) -> HostPart:
    """Two parts of one host as one: what the first says of the host itself, items of both."""
    lists = {
        name: tuple(dict.fromkeys((*getattr(one, name), *getattr(other, name))))
        for name in (*_GROUPS, "services")
    }
    return msgspec.structs.replace(one, **lists)


def _join(services: list[dict[str, Any]], key: str, one: Service) -> None:
    """A unit that several resources want reads the files of all of them."""
    for known in services:
        if known["name"] == one.name:
            known["reads"] += [path for path in one.reads if path not in known["reads"]]
            known["restart"] = known["restart"] or one.restart
            return
    reads = list(one.reads)
    item = {"name": one.name, "reads": reads, "restart": one.restart, "resource": key}
    services.append(item)


def _add(items: list[dict[str, Any]], key: str, one: Any) -> None:
    item = {"name": one} if isinstance(one, str) else msgspec.to_builtins(one)
    known = {**item, "resource": None}
    if all({**other, "resource": None} != known for other in items):
        items.append({**item, "resource": key})

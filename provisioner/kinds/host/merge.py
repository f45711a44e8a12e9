"""The parts of all resources on one host as its one state, each item labelled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from provisioner.model.host_state import HostPart, facts

HostState = dict[str, list[dict[str, Any]]]
_GROUPS = ("packages", "accounts", "directories", "files", "links", "services", "ports")


class Contradiction(Exception):
    """Two resources want different things of one item."""


def empty() -> HostState:
    """The state of a host of which nobody wants anything."""
    return {group: [] for group in ("hostname", *_GROUPS, "firewall")}


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
    return state


def _add(items: list[dict[str, Any]], key: str, one: Any) -> None:
    item = {"name": one} if isinstance(one, str) else msgspec.to_builtins(one)
    known = {**item, "resource": None}
    if all({**other, "resource": None} != known for other in items):
        items.append({**item, "resource": key})

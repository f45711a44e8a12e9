"""Rosters of object ids as the addresses of people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.errors import ProviderError
from provisioner.model.resource import Observation, Observed, Unknown
from provisioner.providers.graph.rosters import Roster


def addresses(roster: Roster, people: Mapping[str, str]) -> tuple[str, ...]:
    """Addresses of a roster's people, sorted.

    What is no user (a device, another group), or no user any more, has no address; it is
    no member that anybody here could name, and stays as it is.
    """
    return tuple(sorted(people[one] for one in roster if one in people))


def sorted_out(
    owner: str,
    kind: str,
    seen: Iterable[tuple[str, Observed[Any] | ProviderError]],
    deleted: Mapping[str, Observed[Any]],
) -> Observation[Any]:
    """Objects by name, where one whose roster could not be read is unknown."""
    present: dict[str, Observed[Any]] = {}
    unknown: list[Unknown] = []
    for name, one in seen:
        if isinstance(one, ProviderError):
            unknown.append(Unknown(owner, kind, name, str(one)))
        else:
            present[name] = one
    return Observation(present, dict(deleted), tuple(unknown))

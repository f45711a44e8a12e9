"""Three-way comparison: what the inventory wants, what is there, what we last applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.model.change import Drift, FieldChange


def drift_of(desired: Any, observed: Any, last: Any) -> Drift:
    """Who moved: the inventory (`pending`), the world (`drifted`) or both (`conflict`)."""
    if desired == last:
        return Drift.DRIFTED
    return Drift.PENDING if observed == last else Drift.CONFLICT


def field_changes(
    desired: Mapping[str, Any],
    observed: Mapping[str, Any],
    last_applied: Mapping[str, Any] | None,
    fields: Iterable[str],
) -> tuple[FieldChange, ...]:
    """One `FieldChange` for each of `fields` whose desired and observed values differ.

    Values must be JSON-like on all three sides (lists, not tuples), as the store keeps
    them. Without `last_applied` every difference is pending.
    """
    found = []
    for name in fields:
        want, have = desired.get(name), observed.get(name)
        if want == have:
            continue
        if last_applied is None or name not in last_applied:
            found.append(FieldChange(name, have, want))
            continue
        last = last_applied[name]
        found.append(FieldChange(name, have, want, last, drift_of(want, have, last)))
    return tuple(found)


def overall(fields: Iterable[FieldChange]) -> Drift:
    """The drift of a resource from that of its fields; a conflict outweighs the others."""
    states = {one.drift for one in fields}
    if Drift.CONFLICT in states or {Drift.DRIFTED, Drift.PENDING} <= states:
        return Drift.CONFLICT
    return Drift.DRIFTED if Drift.DRIFTED in states else Drift.PENDING

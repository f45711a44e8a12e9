"""Who joins and who leaves, and whose doing it was: the inventory's or somebody's."""

from __future__ import annotations

from collections.abc import Iterable, Set

from provisioner.model.change import Change, Drift, FieldChange

# A member the inventory wants: newly named, or taken out by somebody.
JOINING, LOST = "members_joining", "members_lost"
# A member the inventory does not want: no longer named, or put in by somebody.
LEAVING, FOREIGN = "members_leaving", "members_foreign"
ROSTER_FIELDS = (JOINING, LOST, LEAVING, FOREIGN)


def roster_fields(
    want: Set[str], have: Set[str], last: Set[str] | None
) -> tuple[FieldChange, ...]:
    """The differences by person (addresses); without `last` all of them are pending."""
    missing, extra = want - have, have - want
    lost = missing & last if last is not None else frozenset()
    foreign = extra - last if last is not None else frozenset()
    found = (
        _in(JOINING, missing - lost, Drift.PENDING),
        _in(LOST, lost, Drift.DRIFTED),
        _out(LEAVING, extra - foreign, Drift.PENDING),
        _out(FOREIGN, foreign, Drift.DRIFTED),
    )
    return tuple(one for one in found if one.before or one.after)


def _in(field: str, people: Set[str], drift: Drift) -> FieldChange:
    listed = sorted(people)
    return FieldChange(field, [], listed, listed if field == LOST else None, drift)


def _out(field: str, people: Set[str], drift: Drift) -> FieldChange:
    listed = sorted(people)
    return FieldChange(field, listed, [], listed if field == LEAVING else None, drift)


def joining(change: Change) -> list[str]:
    """The addresses that a change adds."""
    return _listed(change.fields, (JOINING, LOST), after=True)


def leaving(change: Change) -> list[str]:
    """The addresses that a change takes out."""
    return _listed(change.fields, (LEAVING, FOREIGN), after=False)


def _listed(
    fields: Iterable[FieldChange], names: tuple[str, ...], *, after: bool
) -> list[str]:
    return [
        address
        for one in fields
        if one.field in names
        for address in (one.after if after else one.before)
    ]

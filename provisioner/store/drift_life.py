"""The life of a drift item: new, persisting, acknowledged, resolved. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.model.change import Drift, FieldChange
from provisioner.model.drift_item import DriftItem, Life
from provisioner.store.canonical import canonical


class Acknowledgement(Struct, frozen=True):
    """Somebody said that this difference may stay until a day, and why.

    `accepted` is the value of each field in the world that is accepted; empty where the
    resource as a whole is missing or unmanaged.
    """

    key: str
    drift: Drift
    accepted: dict[str, Any]
    until: datetime
    reason: str
    actor: str
    at: datetime

    def covers(self, item: DriftItem, at: datetime) -> bool:
        """True while it is in force and the world is still what was accepted."""
        if at >= self.until or item.drift is not self.drift:
            return False
        return all(
            one.field in self.accepted
            and canonical(self.accepted[one.field]) == canonical(one.before)
            for one in item.fields
        )


class Transition(Struct, frozen=True):
    """One step in the life of a drift item, kept for good; `actor` is "" for a run's."""

    key: str
    at: datetime
    life: Life
    drift: Drift
    fields: tuple[FieldChange, ...]
    actor: str = ""
    reason: str = ""


class Step(Struct, frozen=True):
    """What one look made of the items of a municipality."""

    current: tuple[DriftItem, ...]
    resolved: tuple[DriftItem, ...]
    changed: tuple[DriftItem, ...]


def after_look(
    before: Mapping[str, DriftItem],
    seen: Iterable[DriftItem],
    acknowledged: Mapping[str, Acknowledgement],
    at: datetime,
) -> Step:
    """The items after a look at the kinds that `before` holds.

    `changed` are those whose life took a step, to be told once. What could not be read is
    neither resolved nor replaced: an unknown leaves an open item as it was, and an unknown
    of a whole kind (name "") all open items of that kind.
    """
    looked = {item.key: item for item in seen}
    current = [
        _next(item, before.get(key), acknowledged.get(key), at)
        for key, item in looked.items()
    ]
    changed = [new for new in current if _took_a_step(new, before.get(new.key))]
    unread = {
        one.kind
        for one in looked.values()
        if one.drift is Drift.UNKNOWN and not one.name
    }
    gone = [item for key, item in before.items() if key not in looked]
    kept = [_still(one) for one in gone if one.kind in unread]
    resolved = [
        replace(one, life=Life.RESOLVED, seen=at)
        for one in gone
        if one.kind not in unread
    ]
    return Step((*current, *kept), tuple(resolved), tuple(changed))


def _next(
    item: DriftItem, old: DriftItem | None, word: Acknowledgement | None, at: datetime
) -> DriftItem:
    if old is not None and _hides(item, old):
        return _still(old)
    since = old.since if old is not None and old.drift is item.drift else at
    item = replace(item, life=_life(item, old, word, at), since=since, seen=at)
    if old is None or item.who or _shape(old) != _shape(item):
        return item
    # The tenant forgets its audit after a month; who it named stays known here.
    return replace(item, who=old.who, when=old.when, activity=old.activity)


def _hides(item: DriftItem, old: DriftItem) -> bool:
    """True where the new look could not read what an earlier one had found."""
    return item.drift is Drift.UNKNOWN and old.drift is not Drift.UNKNOWN


def _still(item: DriftItem) -> DriftItem:
    return replace(item, life=Life.PERSISTING) if item.life is Life.NEW else item


def _life(
    item: DriftItem, old: DriftItem | None, word: Acknowledgement | None, at: datetime
) -> Life:
    if word is not None and word.covers(item, at):
        return Life.ACKNOWLEDGED
    if old is None or old.life is Life.ACKNOWLEDGED or _shape(old) != _shape(item):
        return Life.NEW
    return Life.PERSISTING


def _shape(item: DriftItem) -> str:
    """What makes a difference the same one at the next look: the values in the world."""
    return canonical([item.drift, {one.field: one.before for one in item.fields}])


def _took_a_step(new: DriftItem, old: DriftItem | None) -> bool:
    """True where the step is worth telling; from new to persisting is the quiet one."""
    if old is None or new.life is Life.NEW:
        return True
    return new.life is Life.ACKNOWLEDGED and old.life is not Life.ACKNOWLEDGED

"""Drift items that are open, what became of them, and what people accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, select

from provisioner.errors import StoreError
from provisioner.model.drift_item import DriftItem, Life
from provisioner.store import drift_rows as rows
from provisioner.store.database import Database
from provisioner.store.drift_life import Acknowledgement, Step, Transition, after_look
from provisioner.store.tables import acknowledgements, drift_items


@dataclass(frozen=True)
class DriftItems:
    """The open items; each step of an item's life stays in its history."""

    database: Database

    def observe(
        self,
        municipality: str,
        kinds: Sequence[str],
        items: Sequence[DriftItem],
        at: datetime,
        elsewhere: frozenset[str] = frozenset(),
    ) -> tuple[list[DriftItem], list[DriftItem]]:
        """Take in one look at `kinds` of a municipality; returns (current, resolved).

        The life and `since` of `items` are set here, whatever they came with. Kinds that are
        not named were not read: their items stay untouched and are not returned. So do
        those of resources whose keys are `elsewhere`.
        """
        looked = {*kinds, *(item.kind for item in items)}
        with self.database.write(alone=f"drift {municipality}") as connection:
            before = rows.read_items(
                connection,
                drift_items.c.municipality == municipality,
                drift_items.c.kind.in_(looked),
            )
            words = rows.read_words(
                connection, rows.of_municipality(acknowledgements, municipality)
            )
            known = {one.key: one for one in before if not _is_of(one.key, elsewhere)}
            step = after_look(known, items, words, at)
            _keep(connection, step, at)
        return list(step.current), list(step.resolved)

    def resolve(self, settled: Mapping[str, datetime], at: datetime) -> list[DriftItem]:
        """Close the open items of these resource keys; returns them as resolved.

        `settled` says of each key when it was found to be as wanted: what another look has
        found since then stays open. The keys may be many; only what is open is written.
        """
        slugs = {key.partition("/")[0] for key in settled} & self._with_open()
        return [
            item for slug in sorted(slugs) for item in self._resolve(slug, settled, at)
        ]

    def _with_open(self) -> set[str]:
        """The municipalities of which something is open."""
        with self.database.read() as connection:
            found = connection.execute(select(drift_items.c.municipality).distinct())
            return set(found.scalars())

    def _resolve(
        self, municipality: str, settled: Mapping[str, datetime], at: datetime
    ) -> list[DriftItem]:
        if not any(_is_settled(one, settled) for one in self.open(municipality)):
            return []
        with self.database.write(alone=f"drift {municipality}") as connection:
            here = drift_items.c.municipality == municipality
            resolved = [
                replace(one, life=Life.RESOLVED, seen=at)
                for one in rows.read_items(connection, here)
                if _is_settled(one, settled)
            ]
            rows.delete_items(connection, resolved)
            rows.write_steps(connection, [_step(one, at) for one in resolved])
        return resolved

    def attribute(self, items: Sequence[DriftItem]) -> None:
        """Keep who made these open items so, when, and by which activity.

        Nothing else of an item is written; one that is open no longer is left out.
        """
        with self.database.write() as connection:
            rows.write_authors(connection, items)

    def open(self, municipality: str | None = None) -> list[DriftItem]:
        """The open items, of one municipality or of all, by key."""
        where = (
            [] if municipality is None else [drift_items.c.municipality == municipality]
        )
        with self.database.read() as connection:
            return rows.read_items(connection, *where)

    def history(self, key: str) -> list[Transition]:
        """Every step in the life of one resource's drift, oldest first."""
        with self.database.read() as connection:
            return rows.read_steps(connection, key)

    def acknowledge(
        self,
        key: str,
        accepted: Mapping[str, Any] | None = None,
        *,
        until: datetime,
        reason: str,
        actor: str,
        at: datetime,
    ) -> DriftItem:
        """Accept an open item until a day; without `accepted`, the values found in the world.

        Another value is new drift all the same. Raises `StoreError` when nothing is open
        under that key.
        """
        with self.database.write(alone=f"drift {key.partition('/')[0]}") as connection:
            item = _one(connection, key)
            found = {one.field: one.before for one in item.fields}
            values = dict(found if accepted is None else accepted)
            word = Acknowledgement(key, item.drift, values, until, reason, actor, at)
            rows.write_word(connection, word)
            if not word.covers(item, at):
                return item
            known = replace(item, life=Life.ACKNOWLEDGED)
            rows.write_items(connection, [known])
            rows.write_steps(connection, [_step(known, at, actor, reason)])
        return known

    def acknowledgement(self, key: str) -> Acknowledgement | None:
        """What was accepted for a resource, in force or over; None when nothing was."""
        with self.database.read() as connection:
            return rows.read_words(connection, acknowledgements.c.key == key).get(key)


def _is_settled(item: DriftItem, settled: Mapping[str, datetime]) -> bool:
    """Whether a resource was found as wanted, and nobody has looked at it since."""
    when = settled.get(item.key)
    return when is not None and item.seen <= when


def _is_of(key: str, resources: frozenset[str]) -> bool:
    """Whether an item is a resource's own, or of something that was found with it."""
    return key in resources or key.partition(" ")[0] in resources


def _one(connection: Connection, key: str) -> DriftItem:
    found = rows.read_items(connection, drift_items.c.key == key)
    if not found:
        raise StoreError(f"{key} has no open drift to acknowledge.")
    return found[0]


def _keep(connection: Connection, step: Step, at: datetime) -> None:
    rows.delete_items(connection, step.resolved)
    rows.write_items(connection, step.current)
    told = (*step.changed, *step.resolved)
    rows.write_steps(connection, [_step(item, at) for item in told])


def _step(
    item: DriftItem, at: datetime, actor: str = "", reason: str = ""
) -> Transition:
    return Transition(
        item.key, at, item.life, item.drift, item.fields, actor, reason or item.reason
    )

"""Rows of drift items, their steps and what people accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    bindparam,
    insert,
    select,
    update,
)

from provisioner.model.drift_item import DriftItem
from provisioner.store.bulk import delete_named, upsert
from provisioner.store.canonical import as_text, canonical
from provisioner.store.drift_life import Acknowledgement, Transition
from provisioner.store.from_row import from_row
from provisioner.store.tables import acknowledgements, drift_items, drift_transitions

_ITEM = tuple(column.name for column in drift_items.columns)
_WORD = tuple(column.name for column in acknowledgements.columns)


def read_items(connection: Connection, *where: ColumnElement[bool]) -> list[DriftItem]:
    """Open items for which `where` holds, by key."""
    wanted = select(drift_items).where(*where).order_by(drift_items.c.key)
    return [from_row(row, DriftItem) for row in connection.execute(wanted).mappings()]


def write_items(connection: Connection, items: Sequence[DriftItem]) -> None:
    """Put these in place of the items of the same key."""
    rows = (
        (
            item.key,
            item.municipality,
            item.kind,
            item.name,
            item.drift.value,
            item.life.value,
            as_text(item.since),
            as_text(item.seen),
            canonical(item.fields),
            item.reason,
            canonical(item.by_hand),
            item.who,
            None if item.when is None else as_text(item.when),
            item.activity,
        )
        for item in items
    )
    upsert(connection, drift_items, _ITEM, rows)


def write_authors(connection: Connection, items: Sequence[DriftItem]) -> None:
    """Set who, when and by which activity in the items of the same key."""
    if not items:
        return
    statement = (
        update(drift_items)
        .where(drift_items.c.key == bindparam("of"))
        .values(
            who=bindparam("by"), when=bindparam("then"), activity=bindparam("doing")
        )
    )
    values = [
        {"of": one.key, "by": one.who, "then": one.when, "doing": one.activity}
        for one in items
    ]
    connection.execute(statement, values)


def delete_items(connection: Connection, items: Sequence[DriftItem]) -> None:
    """These are open no longer."""
    delete_named(connection, drift_items.c.key, (item.key for item in items))


def read_steps(connection: Connection, key: str) -> list[Transition]:
    """The life of one resource's drift, oldest first."""
    table = drift_transitions.c
    wanted = select(drift_transitions).where(table.key == key).order_by(table.id)
    return [from_row(row, Transition) for row in connection.execute(wanted).mappings()]


def write_steps(connection: Connection, steps: Sequence[Transition]) -> None:
    """Add to the history."""
    if steps:
        rows = [msgspec.structs.asdict(one) for one in steps]
        connection.execute(insert(drift_transitions), [_plain(row) for row in rows])


def read_words(
    connection: Connection, *where: ColumnElement[bool]
) -> dict[str, Acknowledgement]:
    """What people accepted, by resource key."""
    wanted = select(acknowledgements).where(*where)
    return {
        row["key"]: from_row(row, Acknowledgement)
        for row in connection.execute(wanted).mappings()
    }


def write_word(connection: Connection, word: Acknowledgement) -> None:
    """Put this in place of what was accepted for the resource before."""
    row = (
        word.key,
        word.drift.value,
        canonical(word.accepted),
        as_text(word.until),
        word.reason,
        word.actor,
        as_text(word.at),
    )
    upsert(connection, acknowledgements, _WORD, [row])


def of_municipality(table: Table, municipality: str) -> ColumnElement[bool]:
    """Rows whose resource key begins with the municipality's slug."""
    return table.c.key.startswith(f"{municipality}/", autoescape=True)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"life": row["life"].value, "drift": row["drift"].value}

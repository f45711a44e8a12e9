"""Many rows at once, through the driver: three times faster than a dict for each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, update
from sqlalchemy.dialects import postgresql, sqlite

_ROWS_AT_ONCE = 10_000
_NAMES_AT_ONCE = 500


def upsert(
    connection: Connection,
    table: Table,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> None:
    """Insert rows (values in the order of `columns`), or replace those of the same key.

    Values go to the driver as they are: text, bytes and numbers, times made by `as_text`.
    """
    statement, positional = _upserting(connection, table, columns)
    pending = iter(rows)
    while batch := list(islice(pending, _ROWS_AT_ONCE)):
        values: list[Any]
        if positional:
            values = [tuple(row) for row in batch]
        else:
            values = [dict(zip(columns, row, strict=True)) for row in batch]
        connection.exec_driver_sql(statement, values)


def delete_named(
    connection: Connection,
    column: Column[Any],
    names: Iterable[str],
    *where: ColumnElement[bool],
) -> None:
    """Delete the rows whose `column` is one of `names`, and for which `where` holds."""
    pending = iter(names)
    while batch := list(islice(pending, _NAMES_AT_ONCE)):
        connection.execute(delete(column.table).where(column.in_(batch), *where))


def update_named(
    connection: Connection,
    column: Column[Any],
    names: Iterable[str],
    values: Mapping[str, Any],
) -> None:
    """Set `values` in the rows whose `column` is one of `names`, whatever their number."""
    pending = iter(names)
    while batch := list(islice(pending, _NAMES_AT_ONCE)):
        connection.execute(
            update(column.table).where(column.in_(batch)).values(**values)
        )


def _upserting(
    connection: Connection, table: Table, columns: Sequence[str]
) -> tuple[str, bool]:
    """The statement, and whether its values are by position rather than by name."""
    dialect = connection.dialect
    insert = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    keys = [column.name for column in table.primary_key]
    plain = insert(table)
    replacing = plain.on_conflict_do_update(
        index_elements=keys,
        set_={name: plain.excluded[name] for name in columns if name not in keys},
    )
    compiled = replacing.compile(dialect=dialect, column_keys=list(columns))
    return str(compiled), bool(compiled.positional)

"""What we last brought about, by resource; decoded only where somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import func, select

from provisioner.model.applied import LastAppliedEntry
from provisioner.store.bulk import delete_named, upsert
from provisioner.store.canonical import as_text
from provisioner.store.database import Database
from provisioner.store.tables import last_applied

_COLUMNS = ("key", "municipality", "kind", "spec", "object_id", "at")
_KEYS_AT_ONCE = 500


Rows = dict[str, tuple[bytes, str]]


class Remembered(Mapping[str, Mapping[str, Any]]):
    """Specs of one municipality by resource key.

    The keys are known; the bodies of a kind are read when the first is asked for, and each
    is decoded when it is asked for: where nothing differs, nobody asks.
    """

    __slots__ = ("_keys", "_read", "_rows")

    def __init__(self, keys: Iterable[str], read: Callable[[str], Rows]) -> None:
        self._keys = dict.fromkeys(keys)
        self._read = read
        self._rows: dict[str, Rows] = {}

    def __getitem__(self, key: str) -> Mapping[str, Any]:
        row = self._row(key)
        if row is None:
            raise KeyError(key)
        spec: Mapping[str, Any] = msgspec.json.decode(row[0])
        return spec

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def spec_json(self, key: str) -> bytes | None:
        """The spec as it was recorded: comparing bytes spares decoding them."""
        row = self._row(key)
        return None if row is None else row[0]

    def object_id(self, key: str) -> str:
        """The provider's id of the resource, "" when there is none."""
        row = self._row(key)
        return "" if row is None else row[1]

    def _row(self, key: str) -> tuple[bytes, str] | None:
        if key not in self._keys:
            return None
        kind = key.split("/", 2)[1]
        if kind not in self._rows:
            self._rows[kind] = self._read(kind)
        return self._rows[kind].get(key)


@dataclass(frozen=True)
class LastApplied:
    """What was last applied in each municipality."""

    database: Database

    def read(self, municipality: str) -> Remembered:
        """Everything of one municipality."""
        return self.read_many([municipality])[municipality]

    def read_many(self, municipalities: Iterable[str]) -> dict[str, Remembered]:
        """Everything of these municipalities; an empty one is there too.

        The keys come from their index alone, in one query.
        """
        keys: dict[str, list[str]] = {slug: [] for slug in municipalities}
        with self.database.read() as connection:
            for (key,) in connection.execute(select(last_applied.c.key)).all():
                slug = key.partition("/")[0]
                if slug in keys:
                    keys[slug].append(key)
        return {
            slug: Remembered(sorted(found), partial(self._rows, slug))
            for slug, found in keys.items()
        }

    def _rows(self, municipality: str, kind: str) -> Rows:
        table = last_applied.c
        wanted = select(table.key, table.spec, table.object_id).where(
            table.municipality == municipality, table.kind == kind
        )
        with self.database.read() as connection:
            return {
                key: (spec, object_id)
                for key, spec, object_id in connection.execute(wanted).all()
            }

    def entries(self, keys: Iterable[str]) -> dict[str, LastAppliedEntry]:
        """Whole entries by key, with their time; keys without one are left out."""
        found: dict[str, LastAppliedEntry] = {}
        pending = iter(keys)
        with self.database.read() as connection:
            while batch := list(islice(pending, _KEYS_AT_ONCE)):
                wanted = select(last_applied).where(last_applied.c.key.in_(batch))
                for row in connection.execute(wanted):
                    entry = LastAppliedEntry(*row)
                    found[entry.key] = entry
        return found

    def known_since(self) -> dict[str, datetime]:
        """When the oldest entry of each municipality was written."""
        table = last_applied.c
        oldest = select(table.municipality, func.min(table.at)).group_by(
            table.municipality
        )
        with self.database.read() as connection:
            return {slug: at for slug, at in connection.execute(oldest)}

    def record(self, entries: Iterable[LastAppliedEntry]) -> None:
        """Remember these; an entry of the same key is replaced."""
        rows = [
            (
                one.key,
                one.municipality,
                one.kind,
                one.spec_json,
                one.object_id,
                as_text(one.at),
            )
            for one in entries
        ]
        if rows:
            with self.database.write() as connection:
                upsert(connection, last_applied, _COLUMNS, rows)

    def forget(self, keys: Iterable[str]) -> None:
        """Forget these resources: we brought about that they are gone."""
        gone = list(keys)
        if gone:
            with self.database.write() as connection:
                delete_named(connection, last_applied.c.key, gone)

    def counts(self) -> dict[tuple[str, str], int]:
        """How many resources are remembered, by municipality and kind."""
        table = last_applied.c
        grouped = select(table.municipality, table.kind, func.count()).group_by(
            table.municipality, table.kind
        )
        with self.database.read() as connection:
            return {(m, kind): n for m, kind, n in connection.execute(grouped)}

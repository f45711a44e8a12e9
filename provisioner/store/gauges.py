"""Figures that somebody measured somewhere, for whoever reads the metrics elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from provisioner.store.bulk import upsert
from provisioner.store.canonical import as_text
from provisioner.store.database import Database
from provisioner.store.tables import counters, gauges

MOST = 2000
"""Labels kept of one figure: an inventory is bounded, and so are the metrics."""
_COUNTED = "count "


@dataclass(frozen=True)
class Gauges:
    """The last value of each figure by label, and counts that only grow."""

    database: Database

    def set(self, name: str, values: Mapping[str, float]) -> None:
        """The whole figure, as it is now; labels that are not named are gone."""
        kept = sorted(values.items())[:MOST]
        with self.database.write(alone=f"gauge {name}") as connection:
            at = self.database.clock(connection)
            connection.execute(delete(gauges).where(gauges.c.name == name))
            if kept:
                rows = [
                    {"name": name, "label": label, "value": value, "at": at}
                    for label, value in kept
                ]
                connection.execute(insert(gauges), rows)

    def put(self, name: str, label: str, value: float) -> None:
        """One label of a figure, as it is now."""
        with self.database.write() as connection:
            at = as_text(self.database.clock(connection))
            row = (name, label, value, at)
            upsert(connection, gauges, ("name", "label", "value", "at"), [row])

    def of(self, name: str) -> dict[str, tuple[float, datetime]]:
        """A figure by label, with when it was measured (UTC)."""
        wanted = select(gauges).where(gauges.c.name == name).order_by(gauges.c.label)
        with self.database.read() as connection:
            return {
                row.label: (row.value, row.at) for row in connection.execute(wanted)
            }

    def count(self, name: str, more: int) -> None:
        """Let a count grow."""
        if not more:
            return
        make = sqlite.insert if self.database.is_sqlite else postgresql.insert
        grown = make(counters).values(name=f"{_COUNTED}{name}"[:64], value=more)
        with self.database.write() as connection:
            connection.execute(
                grown.on_conflict_do_update(
                    index_elements=["name"], set_={"value": counters.c.value + more}
                )
            )

    def counts(self, name: str) -> dict[str, int]:
        """The counts whose name begins so, by what follows it."""
        start = f"{_COUNTED}{name}"
        wanted = select(counters).where(counters.c.name.like(f"{start}%"))
        with self.database.read() as connection:
            found = connection.execute(wanted)
            return {row.name.removeprefix(start): row.value for row in found}

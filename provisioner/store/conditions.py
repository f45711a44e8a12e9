"""Conditions: what is so for a while, with the moments at which it came and went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from sqlalchemy import delete, or_, select

from provisioner.model.condition import Condition, Judged, Standing
from provisioner.store.bulk import upsert
from provisioner.store.canonical import as_text, canonical
from provisioner.store.database import Database
from provisioner.store.from_row import from_row
from provisioner.store.tables import conditions

_COLUMNS = ("about", "key", "municipality", "facts", "since", "over")


@dataclass(frozen=True)
class Conditions:
    """One row for each thing that is, or of late was, in its condition."""

    database: Database

    def judge(
        self, about: Standing, judged: Sequence[Judged], *, whole: bool = False
    ) -> tuple[list[Condition], list[Condition]]:
        """Take in one look; returns what has come and what has gone.

        What nobody could tell stays as it was. With `whole` the look was at everything:
        what it does not name is gone.
        """
        came, gone, kept = [], [], []
        with self.database.write(alone=f"conditions {about}") as connection:
            now = self.database.clock(connection)
            found = connection.execute(
                select(conditions).where(conditions.c.about == about)
            ).mappings()
            rows = [from_row(row, Condition) for row in found]
            known = {row.key: row for row in rows}
            for one in judged:
                before = known.pop(one.key, None)
                stands = before is not None and before.over is None
                if one.holds and before is not None and stands:
                    kept.append(msgspec.structs.replace(before, facts=one.facts))
                elif one.holds:
                    came.append(
                        Condition(about, one.key, one.municipality, one.facts, now)
                    )
                elif one.holds is False and before is not None and stands:
                    gone.append(msgspec.structs.replace(before, over=now))
            if whole:
                left = [one for one in known.values() if one.over is None]
                gone += [msgspec.structs.replace(one, over=now) for one in left]
            upsert(connection, conditions, _COLUMNS, map(_row, (*came, *gone, *kept)))
        return came, gone

    def latest(self, within: timedelta) -> list[Condition]:
        """What is so now, and what was until `within` ago, oldest first."""
        with self.database.read() as connection:
            since = self.database.clock(connection) - within
            wanted = select(conditions).where(
                or_(conditions.c.over.is_(None), conditions.c.over >= since)
            )
            rows = connection.execute(wanted.order_by(conditions.c.since)).mappings()
            return [from_row(row, Condition) for row in rows]

    def forget(self, older: timedelta) -> None:
        """Forget what was over before then."""
        with self.database.write() as connection:
            before = self.database.clock(connection) - older
            connection.execute(delete(conditions).where(conditions.c.over < before))


def _row(one: Condition) -> tuple[str | None, ...]:
    over = as_text(one.over) if one.over else None
    facts = canonical(one.facts)
    return one.about, one.key, one.municipality, facts, as_text(one.since), over

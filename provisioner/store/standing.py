"""How the municipalities stand: counts and last looks, for pages that show them all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import func, select

from provisioner.model.outcome import Outcome, Status
from provisioner.model.run import Run, RunStatus
from provisioner.store.database import Database
from provisioner.store.from_row import from_row
from provisioner.store.tables import drift_items, outcomes, runs

_LOOKED = (RunStatus.SUCCEEDED.value, RunStatus.WAITING.value, RunStatus.FAILED.value)


class DriftCount(Struct, frozen=True):
    """How many items of one state are open in a municipality's kind, and since when."""

    municipality: str
    kind: str
    drift: str
    count: int
    since: datetime


@dataclass(frozen=True)
class Standing:
    """Reads only."""

    database: Database

    def drift(self, municipalities: Sequence[str] | None = None) -> list[DriftCount]:
        """Open drift items that nobody acknowledged, counted; None is everywhere."""
        table = drift_items.c
        wanted = (
            select(
                table.municipality,
                table.kind,
                table.drift,
                func.count().label("count"),
                func.min(table.since).label("since"),
            )
            .where(table.life != "acknowledged")
            .group_by(table.municipality, table.kind, table.drift)
        )
        if municipalities is not None:
            wanted = wanted.where(table.municipality.in_(municipalities))
        with self.database.read() as connection:
            return [
                from_row(row, DriftCount)
                for row in connection.execute(wanted).mappings()
            ]

    def looks(self, limit: int = 200) -> list[Run]:
        """The newest drift runs that came to their end, newest first."""
        wanted = (
            select(runs)
            .where(runs.c.mode == "drift", runs.c.status.in_(_LOOKED))
            .order_by(runs.c.id.desc())
            .limit(limit)
        )
        with self.database.read() as connection:
            return [from_row(row, Run) for row in connection.execute(wanted).mappings()]

    def waiting(self) -> list[Outcome]:
        """The newest word on each resource, where that word is "waiting"."""
        later = outcomes.alias("later").c
        overtaken = select(later.id).where(
            later.key == outcomes.c.key, later.id > outcomes.c.id
        )
        wanted = (
            select(outcomes.c.body)
            .where(outcomes.c.status == Status.WAITING.value, ~overtaken.exists())
            .order_by(outcomes.c.id)
        )
        with self.database.read() as connection:
            return [
                msgspec.json.decode(body, type=Outcome)
                for body in connection.execute(wanted).scalars()
            ]

    def newest_runs(
        self,
        *,
        mode: str = "",
        status: str = "",
        before: str = "",
        limit: int = 50,
    ) -> list[Run]:
        """Runs of a mode and status, newest first, from before an id on ("" is any)."""
        wanted = select(runs).order_by(runs.c.id.desc()).limit(limit)
        for column, value in ((runs.c.mode, mode), (runs.c.status, status)):
            if value:
                wanted = wanted.where(column == value)
        if before:
            wanted = wanted.where(runs.c.id < before)
        with self.database.read() as connection:
            return [from_row(row, Run) for row in connection.execute(wanted).mappings()]

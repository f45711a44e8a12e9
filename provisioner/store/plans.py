"""Plans as they were when a run made them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec import Struct
from sqlalchemy import RowMapping, select

from provisioner.model.plan import Plan
from provisioner.store.bulk import upsert
from provisioner.store.canonical import as_text
from provisioner.store.database import Database
from provisioner.store.tables import plans, runs

_COLUMNS = ("run_id", "municipality", "commit", "checksum", "at", "body")
_FASTEST = 1


class SavedPlan(Struct, frozen=True):
    """A plan with the inventory's commit it was made from.

    `Change.spec` does not come back (an empty struct stands there): a saved plan is for
    reading, apply always makes its own.
    """

    run_id: str
    municipality: str
    commit: str
    checksum: str
    at: datetime
    plan: Plan


@dataclass(frozen=True)
class Plans:
    """Plans by run and municipality."""

    database: Database

    def save(self, run_id: str, plan: Plan, commit: str) -> None:
        """Keep a plan; one of the same run and municipality is replaced."""
        body = zlib.compress(msgspec.json.encode(plan), _FASTEST)
        with self.database.write() as connection:
            at = as_text(self.database.clock(connection))
            row = (run_id, plan.municipality, commit, plan.checksum, at, body)
            upsert(connection, plans, _COLUMNS, [row])

    def of_run(self, run_id: str) -> list[SavedPlan]:
        """The plans of a run, by municipality."""
        wanted = (
            select(plans).where(plans.c.run_id == run_id).order_by(plans.c.municipality)
        )
        with self.database.read() as connection:
            return [_saved(row) for row in connection.execute(wanted).mappings()]

    def of_checksum(self, checksum: str) -> list[SavedPlan]:
        """The plans of the newest run that planned exactly this, by municipality."""
        planned = (
            select(runs.c.id)
            .where(runs.c.checksum == checksum, runs.c.mode == "plan")
            .order_by(runs.c.id.desc())
            .limit(1)
        )
        with self.database.read() as connection:
            run_id = connection.execute(planned).scalar_one_or_none()
        return self.of_run(run_id) if run_id else []


def _saved(row: RowMapping) -> SavedPlan:
    plan = msgspec.json.decode(zlib.decompress(row["body"]), type=Plan)
    return SavedPlan(
        run_id=row["run_id"],
        municipality=row["municipality"],
        commit=row["commit"],
        checksum=row["checksum"],
        at=row["at"],
        plan=plan,
    )

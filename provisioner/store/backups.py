"""What was seen of backups: kept, so that age and trend outlive a repository's silence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from provisioner.model.backup import (
    Acknowledged,
    Checked,
    Drilled,
    Fact,
    JobSaid,
    Known,
    Listed,
    Observation,
    Side,
)
from provisioner.model.backup_assets import assets_of, backup_report, jobs_of
from provisioner.model.backup_report import BackupReport
from provisioner.model.cluster import Cluster
from provisioner.store.database import Database
from provisioner.store.tables import backup_observations

KEEP = timedelta(days=730)
_SIZES = 8
_LISTINGS = 40
_table = backup_observations.c


@dataclass(frozen=True)
class Backups:
    """Observations of backups by the key of their job.

    A row is one thing that one side told, last at `at`: saying it again only moves that,
    so an idle hour costs nothing.
    """

    database: Database

    def report(self, cluster: Cluster, now: datetime) -> BackupReport:
        """The whole backup report from what was last seen; asks no host."""
        bare = [one.key for one in assets_of(cluster) if one.missing]
        known = self.known([*(key for _, _, key in jobs_of(cluster)), *bare])
        return backup_report(cluster, known, now)

    def record(self, observations: Iterable[Observation]) -> None:
        """Keep what was seen, and let go of what is two years old."""
        with self.database.write(alone="backups") as connection:
            for one in observations:
                _keep(connection, one)
            newest = select(func.max(_table.id)).group_by(_table.key, _table.side)
            now = self.database.clock(connection)
            connection.execute(
                delete(backup_observations).where(
                    _table.at < now - KEEP, _table.id.not_in(newest)
                )
            )

    def known(self, keys: Sequence[str]) -> dict[str, Known]:
        """All that is known of these jobs; a job nobody ever saw is left out."""
        rank = (
            func.row_number()
            .over(
                partition_by=(_table.key, _table.side, _table.read),
                order_by=_table.id.desc(),
            )
            .label("rank")
        )
        ranked = select(backup_observations, rank).where(_table.key.in_(keys))
        ranked_rows = ranked.subquery()
        wanted = select(ranked_rows).where(ranked_rows.c.rank <= _LISTINGS)
        found: dict[str, list[Any]] = {}
        with self.database.read() as connection:
            for row in connection.execute(wanted.order_by(ranked_rows.c.id.desc())):
                found.setdefault(row.key, []).append(row)
        return {key: _known(rows) for key, rows in found.items()}

    def acknowledged(self) -> dict[str, Acknowledged]:
        """The last word of operators on each backup, in force or over, by its key."""
        last = select(func.max(_table.id)).where(_table.side == "operator")
        wanted = select(_table.key, _table.body).where(
            _table.id.in_(last.group_by(_table.key))
        )
        with self.database.read() as connection:
            return {
                row.key: msgspec.json.decode(row.body, type=Acknowledged)
                for row in connection.execute(wanted)
            }


def _keep(connection: Connection, one: Observation) -> None:
    body = msgspec.json.encode(one.fact) if one.fact else one.reason.encode()
    last = connection.execute(
        select(_table.id, _table.read, _table.body)
        .where(_table.key == one.key, _table.side == one.side)
        .order_by(_table.id.desc())
        .limit(1)
    ).first()
    if last and (last.read, bytes(last.body)) == (one.fact is not None, body):
        same = update(backup_observations).where(_table.id == last.id)
        connection.execute(same.values(at=one.at))
        return
    connection.execute(
        insert(backup_observations).values(
            key=one.key,
            side=one.side,
            read=one.fact is not None,
            at=one.at,
            body=body,
        )
    )


def _known(rows: list[Any]) -> Known:
    """From the rows of one job, newest first."""
    facts: dict[str, Fact] = {}
    seen: dict[str, datetime] = {}
    unread: dict[Side, str] = {}
    sizes: dict[datetime, tuple[datetime, int]] = {}
    for side in get_args(Side):
        told = [row for row in rows if row.side == side]
        if told and not told[0].read:
            unread[side] = bytes(told[0].body).decode()
        for row in (row for row in told if row.read):
            fact = msgspec.json.decode(row.body, type=Fact)
            facts.setdefault(side, fact)
            seen.setdefault(side, row.at)
            if isinstance(fact, Listed) and fact.newest and fact.size is not None:
                sizes.setdefault(fact.newest, (fact.newest, fact.size))
    job, listed = facts.get("job"), facts.get("repository")
    checked, drilled = facts.get("check"), facts.get("drill")
    word = facts.get("operator")
    return Known(
        job if isinstance(job, JobSaid) else None,
        listed if isinstance(listed, Listed) else None,
        seen.get("repository"),
        checked if isinstance(checked, Checked) else None,
        drilled if isinstance(drilled, Drilled) else None,
        word if isinstance(word, Acknowledged) else None,
        unread,
        tuple(sizes.values())[:_SIZES],
    )

"""Who may write where: leases on names, taken all together or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from provisioner.errors import RunInProgress
from provisioner.process import Process, this_process
from provisioner.store.database import Database
from provisioner.store.lease import Lease
from provisioner.store.tables import counters, locks


@dataclass(frozen=True)
class Locks:
    """Locks by name (`rameh/mailbox`). A holder that is gone holds nothing."""

    database: Database

    def acquire(self, names: Sequence[str], owner: str, lease_seconds: float) -> Lease:
        """Take all `names` for the run `owner`, or none.

        A holder on this host whose process is gone, and any whose lease is over, is replaced
        at once. Raises `RunInProgress` naming the one that holds on.
        """
        wanted = tuple(sorted(set(names)))
        with self.database.write(alone="locks") as connection:
            now = self.database.clock(connection)
            held = _held(connection, wanted)
            for row in held:
                _refuse_if_held(row, owner, now)
            fence = next_fence(connection)
            if wanted:
                _take(connection, wanted, owner, now, lease_seconds, fence)
        replaced = sorted({row["owner"] for row in held if row["owner"] != owner})
        return Lease(self, wanted, owner, fence, lease_seconds, tuple(replaced))

    def renew(self, lease: Lease) -> bool:
        """Prolong a lease from now; False when somebody else holds one of its names."""
        with self.database.write() as connection:
            now = self.database.clock(connection)
            until = now + timedelta(seconds=lease.seconds)
            renewed = connection.execute(
                update(locks)
                .where(locks.c.name.in_(lease.names), locks.c.fence == lease.fence)
                .values(lease_until=until)
            )
            return renewed.rowcount == len(lease.names)

    def held(self) -> list[tuple[str, str]]:
        """Every name that is held now, with the run that holds it."""
        with self.database.read() as connection:
            now = self.database.clock(connection)
            wanted = select(locks.c.name, locks.c.owner).where(
                locks.c.lease_until > now
            )
            return [(name, owner) for name, owner in connection.execute(wanted)]

    def release(self, lease: Lease) -> None:
        """Give the names back; what was taken over by another stays theirs."""
        with self.database.write() as connection:
            connection.execute(
                delete(locks).where(
                    locks.c.name.in_(lease.names), locks.c.fence == lease.fence
                )
            )


def _held(connection: Connection, names: Sequence[str]) -> list[RowMapping]:
    found = connection.execute(select(locks).where(locks.c.name.in_(names)))
    return list(found.mappings())


def _refuse_if_held(row: RowMapping, owner: str, now: datetime) -> None:
    holder = Process(row["host"], row["pid"], row["process"])
    if row["owner"] == owner or row["lease_until"] <= now or holder.is_gone():
        return
    raise RunInProgress(
        f"{row['name']} is held by run {row['owner']} since"
        f" {row['since']:%Y-%m-%d %H:%M:%S} UTC (host {row['host']}, process {row['pid']}).",
        remedy="Wait for it to end, or stop that process.",
    )


def next_fence(connection: Connection) -> int:
    """The next number of this store: larger than any given out before."""
    counted = (
        update(counters)
        .where(counters.c.name == "fence")
        .values(value=counters.c.value + 1)
        .returning(counters.c.value)
    )
    fence: int | None = connection.execute(counted).scalar_one_or_none()
    if fence is None:
        connection.execute(insert(counters).values(name="fence", value=1))
        return 1
    return fence


def _take(
    connection: Connection,
    names: Sequence[str],
    owner: str,
    now: datetime,
    seconds: float,
    fence: int,
) -> None:
    mine = this_process()
    until = now + timedelta(seconds=seconds)
    connection.execute(delete(locks).where(locks.c.name.in_(names)))
    connection.execute(
        insert(locks),
        [
            {
                "name": name,
                "owner": owner,
                "host": mine.host,
                "pid": mine.pid,
                "process": mine.token,
                "since": now,
                "lease_until": until,
                "fence": fence,
            }
            for name in names
        ],
    )

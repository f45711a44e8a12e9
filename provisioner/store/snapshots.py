"""The last whole look at a tenant's directory, and what was told to have changed since.

Pages are kept as they are given, whatever is in them, in the order they came: a full read
is a hundred rows for 100,000 objects, and bringing it up to date adds a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from provisioner.errors import StoreError
from provisioner.store.bulk import upsert
from provisioner.store.database import Database
from provisioner.store.tables import snapshot_pages, snapshots

_COLUMNS = ("tenant", "number", "body")


@dataclass(frozen=True)
class Snapshot:
    """A look at a tenant.

    `token` asks for the changes since `token_at`; `digest` names what was selected, so that
    another selection is not mixed in; `full_at` is when all was read last (UTC). `pages`
    are that look, `changes` what was appended to it, both in order.
    """

    tenant: str
    token: str
    digest: str
    full_at: datetime
    token_at: datetime
    pages: tuple[bytes, ...]
    changes: tuple[bytes, ...]


@dataclass(frozen=True)
class Snapshots:
    """One snapshot for each tenant."""

    database: Database

    def load(self, tenant: str) -> Snapshot | None:
        """The snapshot, or None when there is none: then everything must be read."""
        head = select(snapshots).where(snapshots.c.tenant == tenant)
        bodies = (
            select(snapshot_pages.c.body)
            .where(snapshot_pages.c.tenant == tenant)
            .order_by(snapshot_pages.c.number)
        )
        with self.database.read() as connection:
            row = connection.execute(head).one_or_none()
            if row is None:
                return None
            every = tuple(connection.execute(bodies).scalars())
        return Snapshot(
            tenant,
            row.token,
            row.digest,
            row.full_at,
            row.token_at,
            every[: row.pages],
            every[row.pages :],
        )

    def replace(
        self,
        tenant: str,
        *,
        token: str,
        digest: str,
        at: datetime,
        pages: Iterable[bytes],
    ) -> None:
        """Put the pages of a full read in place of whatever there was."""
        every = list(pages)
        with self.database.write(alone=f"snapshot {tenant}") as connection:
            connection.execute(delete(snapshots).where(snapshots.c.tenant == tenant))
            connection.execute(
                insert(snapshots).values(
                    tenant=tenant,
                    token=token,
                    digest=digest,
                    full_at=at,
                    token_at=at,
                    pages=len(every),
                )
            )
            _store(connection, tenant, every, first=0)

    def append(
        self, tenant: str, *, token: str, at: datetime, changes: Iterable[bytes]
    ) -> None:
        """Add what a delta query told since the token there is, and its new token.

        Raises `StoreError` when there is no snapshot to add to.
        """
        numbers = select(func.max(snapshot_pages.c.number))
        with self.database.write(alone=f"snapshot {tenant}") as connection:
            moved = connection.execute(
                update(snapshots)
                .where(snapshots.c.tenant == tenant)
                .values(token=token, token_at=at)
            )
            if not moved.rowcount:
                raise StoreError(f"Tenant {tenant} has no snapshot to add to.")
            last = connection.execute(
                numbers.where(snapshot_pages.c.tenant == tenant)
            ).scalar_one()
            first = 0 if last is None else last + 1
            _store(connection, tenant, changes, first=first)

    def forget(self, tenant: str) -> None:
        """Drop a snapshot whose token the provider no longer accepts."""
        with self.database.write() as connection:
            connection.execute(delete(snapshots).where(snapshots.c.tenant == tenant))


def _store(
    connection: Connection, tenant: str, pages: Iterable[bytes], *, first: int
) -> None:
    rows = ((tenant, number, body) for number, body in enumerate(pages, first))
    upsert(connection, snapshot_pages, _COLUMNS, rows)

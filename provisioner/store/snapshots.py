"""The last whole look at a tenant's directory, and the token to ask what changed since.

Objects are kept as the JSON they came as, compressed in buckets of a few hundred: storing
100,000 is a third of what a row for each would cost, and a merge rewrites only the buckets
of the objects that changed.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from provisioner.errors import StoreError
from provisioner.store.bulk import upsert
from provisioner.store.database import Database
from provisioner.store.tables import snapshot_buckets, snapshots

_OBJECTS_IN_A_BUCKET = 500
_FASTEST = 1
_COLUMNS = ("tenant", "bucket", "body")

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, bytes]).decode

Bucket = dict[str, bytes]


@dataclass(frozen=True)
class Snapshot:
    """A look at a tenant.

    `token` asks for the changes since `token_at`; `digest` names what was selected, so that
    another selection is not mixed in; `full_at` is when all was read last (UTC).
    """

    tenant: str
    token: str
    digest: str
    full_at: datetime
    token_at: datetime
    _bodies: tuple[bytes, ...]

    @property
    def objects(self) -> Iterator[bytes]:
        """The JSON of every object; a new walk each time."""
        for body in self._bodies:
            yield from _opened(body).values()


@dataclass(frozen=True)
class Snapshots:
    """One snapshot for each tenant."""

    database: Database

    def load(self, tenant: str) -> Snapshot | None:
        """The snapshot, or None when there is none: then everything must be read."""
        head = select(snapshots).where(snapshots.c.tenant == tenant)
        buckets = select(snapshot_buckets.c.body).where(
            snapshot_buckets.c.tenant == tenant
        )
        with self.database.read() as connection:
            row = connection.execute(head).one_or_none()
            if row is None:
                return None
            bodies = tuple(connection.execute(buckets).scalars())
        return Snapshot(
            tenant, row.token, row.digest, row.full_at, row.token_at, bodies
        )

    def replace(
        self,
        tenant: str,
        *,
        token: str,
        digest: str,
        at: datetime,
        objects: Iterable[tuple[str, bytes]],
    ) -> None:
        """Put a full read (object id, JSON) in place of whatever there was."""
        everything = dict(objects)
        count = len(everything) // _OBJECTS_IN_A_BUCKET + 1
        buckets = _spread(everything, count)
        with self.database.write(alone=f"snapshot {tenant}") as connection:
            connection.execute(delete(snapshots).where(snapshots.c.tenant == tenant))
            connection.execute(
                insert(snapshots).values(
                    tenant=tenant,
                    token=token,
                    digest=digest,
                    full_at=at,
                    token_at=at,
                    buckets=count,
                )
            )
            _store(connection, tenant, buckets)

    def merge(
        self,
        tenant: str,
        *,
        token: str,
        at: datetime,
        changed: Iterable[tuple[str, bytes]],
        removed: Iterable[str],
    ) -> None:
        """Bring a snapshot up to date with what a delta query told.

        Raises `StoreError` when there is no snapshot to merge into.
        """
        with self.database.write(alone=f"snapshot {tenant}") as connection:
            count = connection.execute(
                update(snapshots)
                .where(snapshots.c.tenant == tenant)
                .values(token=token, token_at=at)
                .returning(snapshots.c.buckets)
            ).scalar_one_or_none()
            if count is None:
                raise StoreError(f"Tenant {tenant} has no snapshot to merge into.")
            changes = _spread(dict(changed), count)
            gone = _spread(dict.fromkeys(removed, b""), count)
            touched = _read(connection, tenant, changes.keys() | gone.keys())
            _store(connection, tenant, _merged(touched, changes, gone))

    def forget(self, tenant: str) -> None:
        """Drop a snapshot whose token the provider no longer accepts."""
        with self.database.write() as connection:
            connection.execute(delete(snapshots).where(snapshots.c.tenant == tenant))


def _spread(objects: dict[str, bytes], count: int) -> dict[int, Bucket]:
    buckets: defaultdict[int, Bucket] = defaultdict(dict)
    for object_id, body in objects.items():
        buckets[zlib.crc32(object_id.encode()) % count][object_id] = body
    return buckets


def _merged(
    touched: dict[int, Bucket], changes: dict[int, Bucket], gone: dict[int, Bucket]
) -> dict[int, Bucket]:
    merged = {}
    for number in touched.keys() | changes.keys() | gone.keys():
        bucket = touched.get(number, {}) | changes.get(number, {})
        left = gone.get(number, {})
        merged[number] = {key: body for key, body in bucket.items() if key not in left}
    return merged


def _read(
    connection: Connection, tenant: str, numbers: Iterable[int]
) -> dict[int, Bucket]:
    wanted = set(numbers)
    table = snapshot_buckets.c
    stored = select(table.bucket, table.body).where(table.tenant == tenant)
    if len(wanted) < 500:
        stored = stored.where(table.bucket.in_(wanted))
    return {
        number: _opened(body)
        for number, body in connection.execute(stored)
        if number in wanted
    }


def _store(connection: Connection, tenant: str, buckets: dict[int, Bucket]) -> None:
    rows = (
        (tenant, number, zlib.compress(_encode(bucket), _FASTEST))
        for number, bucket in buckets.items()
    )
    upsert(connection, snapshot_buckets, _COLUMNS, rows)


def _opened(body: bytes) -> Bucket:
    return _decode(zlib.decompress(body))

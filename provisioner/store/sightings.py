"""What was last read of things too dear to read every time."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, select, type_coerce

from provisioner.store.bulk import delete_named, upsert
from provisioner.store.canonical import as_text
from provisioner.store.database import Database
from provisioner.store.tables import sightings

_COLUMNS = ("aspect", "key", "body", "seen")


@dataclass(frozen=True)
class Sightings:
    """Bodies by aspect (`mailbox_settings`) and resource key, with when they were seen."""

    database: Database

    def read(self, aspect: str) -> dict[str, bytes]:
        """The last body seen, by resource key."""
        wanted = select(sightings.c.key, sightings.c.body).where(
            sightings.c.aspect == aspect
        )
        # Thousands share the same few bodies: one copy of each is enough.
        bodies: dict[bytes, bytes] = {}
        with self.database.read() as connection:
            return {
                key: bodies.setdefault(body, body)
                for key, body in connection.execute(wanted).all()
            }

    def oldest(self, aspect: str, keys: Sequence[str], limit: int) -> list[str]:
        """The `limit` keys never looked at, or looked at longest ago.

        Among equals the order of `keys` decides.
        """
        as_stored = type_coerce(sightings.c.seen, String)  # sorts as it is, undecoded
        moments = select(sightings.c.key, as_stored).where(sightings.c.aspect == aspect)
        with self.database.read() as connection:
            seen = {key: moment for key, moment in connection.execute(moments).all()}
        return heapq.nsmallest(limit, keys, key=lambda key: seen.get(key, ""))

    def record(self, aspect: str, bodies: Mapping[str, bytes], at: datetime) -> None:
        """Remember what was seen at `at`."""
        moment = as_text(at)
        rows = [(aspect, key, body, moment) for key, body in bodies.items()]
        if rows:
            with self.database.write() as connection:
                upsert(connection, sightings, _COLUMNS, rows)

    def forget(self, aspect: str, keys: Iterable[str]) -> None:
        """Forget what was seen of these."""
        gone = list(keys)
        if gone:
            of_aspect = sightings.c.aspect == aspect
            with self.database.write() as connection:
                delete_named(connection, sightings.c.key, gone, of_aspect)

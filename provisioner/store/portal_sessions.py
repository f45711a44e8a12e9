"""Sessions of the portal: who is signed in, and who is about to be.

The store knows an id by its hash only: whoever reads the store cannot take a session over.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select, update

from provisioner.store.database import Database
from provisioner.store.from_row import from_row
from provisioner.store.tables import portal_sessions as table

_SEEN_EVERY = timedelta(minutes=1)


class PortalSession(Struct, frozen=True):
    """One session; times are UTC, and after `expires` it is none.

    `person` is JSON-like and None until somebody has signed in; `signing_in` is what the
    sign-in must remember until then. `csrf` is in every form of the session.
    """

    id_hash: str
    csrf: str
    person: Any
    signing_in: Any
    started: datetime
    seen: datetime
    expires: datetime

    def __repr__(self) -> str:
        return f"PortalSession({self.id_hash[:8]!r})"


@dataclass(frozen=True)
class PortalSessions:
    """Sessions by the id in the person's cookie."""

    database: Database

    def begin(
        self, lasts: timedelta, *, person: Any = None, signing_in: Any = None
    ) -> str:
        """A new session that ends after `lasts` at the latest; its id, told only here."""
        session_id = secrets.token_urlsafe(32)
        with self.database.write() as connection:
            now = self.database.clock(connection)
            connection.execute(
                insert(table).values(
                    id_hash=_hashed(session_id),
                    csrf=secrets.token_urlsafe(32),
                    person=person,
                    signing_in=signing_in,
                    started=now,
                    seen=now,
                    expires=now + lasts,
                )
            )
        return session_id

    def get(self, session_id: str, idle: timedelta) -> PortalSession | None:
        """The session of this id; None where it is unknown, over, or unused for `idle`."""
        with self.database.read() as connection:
            found = self._found(connection, session_id)
            now = self.database.clock(connection)
        if found is None or found.expires <= now or found.seen + idle <= now:
            return None
        if now - found.seen >= _SEEN_EVERY:
            self._see(found.id_hash, now)
        return found

    def take(self, session_id: str) -> PortalSession | None:
        """End a session; what it was, or None where there was none."""
        with self.database.write() as connection:
            found = self._found(connection, session_id)
            connection.execute(
                delete(table).where(table.c.id_hash == _hashed(session_id))
            )
            now = self.database.clock(connection)
        return found if found is not None and found.expires > now else None

    def sweep(self) -> int:
        """Forget the sessions that are over; returns how many."""
        with self.database.write() as connection:
            now = self.database.clock(connection)
            return connection.execute(
                delete(table).where(table.c.expires <= now)
            ).rowcount

    def _found(self, connection: Connection, session_id: str) -> PortalSession | None:
        wanted = select(table).where(table.c.id_hash == _hashed(session_id))
        row = connection.execute(wanted).mappings().one_or_none()
        return None if row is None else from_row(row, PortalSession)

    def _see(self, id_hash: str, now: datetime) -> None:
        with self.database.write() as connection:
            connection.execute(
                update(table).where(table.c.id_hash == id_hash).values(seen=now)
            )


def _hashed(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()

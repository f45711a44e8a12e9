"""Notices: each made once, sent once, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from provisioner.model.notice import Delivery, Notice
from provisioner.store.bulk import upsert
from provisioner.store.database import Database
from provisioner.store.from_row import from_row
from provisioner.store.tables import counters, drift_transitions, notices

_CURSOR = "notices of drift"
_LONGEST_SENDING = timedelta(minutes=10)


@dataclass(frozen=True)
class Notices:
    """The outbox."""

    database: Database

    def make(self, wanted: Sequence[Notice]) -> int:
        """Put notices out, those with a new key; how many that were."""
        insert = sqlite.insert if self.database.is_sqlite else postgresql.insert
        made = 0
        with self.database.write() as connection:
            for one in wanted:
                once = insert(notices).values(**msgspec.structs.asdict(one))
                fresh = once.on_conflict_do_nothing().returning(notices.c.key)
                made += connection.execute(fresh).scalar_one_or_none() is not None
        return made

    def take(self) -> Notice | None:
        """Take one that is due, to send it now; nobody else gets it."""
        with self.database.write(alone="notices") as connection:
            now = self.database.clock(connection)
            connection.execute(
                update(notices)
                .where(
                    notices.c.state == Delivery.SENDING.value,
                    notices.c.due < now - _LONGEST_SENDING,
                )
                .values(state=Delivery.UNCERTAIN.value, ended=now)
            )
            due = (
                select(notices.c.key)
                .where(notices.c.state == Delivery.WAITING.value, notices.c.due <= now)
                .order_by(notices.c.due)
                .limit(1)
            )
            key = connection.execute(due).scalar_one_or_none()
            if key is None:
                return None
            taken = connection.execute(
                update(notices)
                .where(notices.c.key == key)
                .values(
                    state=Delivery.SENDING.value,
                    attempts=notices.c.attempts + 1,
                    due=now,
                )
                .returning(*notices.c)
            )
            return from_row(taken.mappings().one(), Notice)

    def sent(self, key: str, fault: str = "") -> None:
        """It has been delivered; `fault` is what of it was not as it should be."""
        self._end(key, Delivery.SENT, fault)

    def uncertain(self, key: str, error: str) -> None:
        """It may have arrived; it is not sent again by itself."""
        self._end(key, Delivery.UNCERTAIN, error)

    def retry(self, keys: Sequence[str]) -> list[str]:
        """Let notices that failed, or are uncertain, wait again; those that do now."""
        over = (Delivery.FAILED.value, Delivery.UNCERTAIN.value)
        with self.database.write() as connection:
            now = self.database.clock(connection)
            again = connection.execute(
                update(notices)
                .where(notices.c.key.in_(keys), notices.c.state.in_(over))
                .values(state=Delivery.WAITING.value, due=now, attempts=0, ended=None)
                .returning(notices.c.key)
            )
            return sorted(again.scalars())

    def forget(self, older: timedelta) -> int:
        """Forget what ended before then; how many."""
        with self.database.write() as connection:
            before = self.database.clock(connection) - older
            gone = connection.execute(delete(notices).where(notices.c.ended < before))
            return gone.rowcount

    def failed(self, key: str, error: str, again_after: timedelta | None) -> None:
        """It was not; try again after so long, or never (None)."""
        if again_after is None:
            self._end(key, Delivery.FAILED, error)
            return
        with self.database.write() as connection:
            later = self.database.clock(connection) + again_after
            connection.execute(
                update(notices)
                .where(notices.c.key == key)
                .values(state=Delivery.WAITING.value, due=later, error=error)
            )

    def _end(self, key: str, state: Delivery, error: str) -> None:
        with self.database.write() as connection:
            now = self.database.clock(connection)
            connection.execute(
                update(notices)
                .where(notices.c.key == key)
                .values(state=state.value, error=error, ended=now)
            )

    def latest(self, limit: int = 50, state: str = "") -> list[Notice]:
        """The newest notices, newest first; of one state where it is named."""
        wanted = select(notices).order_by(notices.c.made.desc(), notices.c.key)
        if state:
            wanted = wanted.where(notices.c.state == state)
        with self.database.read() as connection:
            found = connection.execute(wanted.limit(limit)).mappings()
            return [from_row(row, Notice) for row in found]

    def count(self) -> dict[str, int]:
        """How many notices are in each state."""
        counted = select(notices.c.state, func.count()).group_by(notices.c.state)
        with self.database.read() as connection:
            return {state: count for state, count in connection.execute(counted)}

    def drift_since_told(self) -> tuple[int, list[tuple[str, str]]]:
        """New and resolved drift that nobody was told of: a cursor, and (key, life) each.

        The first time ever there is nothing: history is not news.
        """
        of = drift_transitions.c
        with self.database.read() as connection:
            last = connection.execute(
                select(counters.c.value).where(counters.c.name == _CURSOR)
            ).scalar_one_or_none()
            newest = connection.execute(select(func.max(of.id))).scalar_one() or 0
            if last is None or newest == last:
                return newest, []
            wanted = select(of.key, of.life).where(of.id > last, of.id <= newest)
            told = wanted.where(of.life.in_(("new", "resolved"))).order_by(of.id)
            return newest, [(key, life) for key, life in connection.execute(told)]

    def drift_told(self, cursor: int) -> None:
        """Everything up to `cursor` has been put out."""
        with self.database.write() as connection:
            upsert(connection, counters, ("name", "value"), [(_CURSOR, cursor)])

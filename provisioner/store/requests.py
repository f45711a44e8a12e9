"""Requests and their time lines; every reading names whose requests it may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    cast,
    exists,
    false,
    func,
    insert,
    select,
    true,
    update,
)

from provisioner.errors import RequestStale
from provisioner.model.audit import AuditEntry
from provisioner.model.request import Request, State, Step
from provisioner.model.viewer import Everything, Scope
from provisioner.store.audit import ALONE, extend_in
from provisioner.store.database import Database
from provisioner.store.from_row import from_row
from provisioner.store.request_tables import request_steps, requests
from provisioner.store.tables import notices

_AT_ONCE = 500


@dataclass(frozen=True)
class Requests:
    """All requests. What a scope does not cover is as if it were not there."""

    database: Database

    def submit(self, request: Request, step: Step, entry: AuditEntry) -> Request:
        """Put a request in, with the first entry of its time line and of the audit.

        One of the same requester and key is there already: that one is returned and
        nothing is written.
        """
        with self.database.write(alone=ALONE) as connection:
            twin = _first(
                connection,
                requests.c.requester == request.requester,
                requests.c.key == request.key,
            )
            if twin is not None:
                return twin
            connection.execute(insert(requests).values(**_row(request)))
            self._told(connection, step, entry)
        return request

    def save(self, request: Request, step: Step, entry: AuditEntry) -> None:
        """Put a request in the place of the version before, with its step and audit.

        Raises `RequestStale` where another step was faster; nothing is written then.
        """
        with self.database.write(alone=ALONE) as connection:
            changed = connection.execute(
                update(requests)
                .where(
                    requests.c.id == request.id,
                    requests.c.version == request.version - 1,
                )
                .values(**_row(request))
            )
            if changed.rowcount != 1:
                raise RequestStale
            self._told(connection, step, entry)

    def of_key(self, requester: str, key: str) -> Request | None:
        """The request that somebody has submitted under a key already, or None."""
        with self.database.read() as connection:
            mine = requests.c.requester == requester
            return _first(connection, mine, requests.c.key == key)

    def get(self, request_id: str, scope: Scope) -> Request | None:
        """One request, None where there is none or it is somebody else's."""
        with self.database.read() as connection:
            return _first(connection, requests.c.id == request_id, _within(scope))

    def find(
        self,
        scope: Scope,
        *,
        states: Collection[State] = (),
        municipality: str = "",
        requester: str = "",
        before: str = "",
        untouched_since: datetime | None = None,
        limit: int = 50,
    ) -> list[Request]:
        """Requests, newest first; no states is all of them.

        `before` is the id of the last one of the page before; `untouched_since` leaves out
        those with a step since then.
        """
        where = [_within(scope)]
        if states:
            where.append(requests.c.state.in_([one.value for one in states]))
        if municipality:
            where.append(requests.c.municipality == municipality)
        if requester:
            where.append(requests.c.requester == requester)
        if untouched_since is not None:
            where.append(requests.c.changed < untouched_since)
        if before:
            where.append(requests.c.id < before)
        wanted = select(requests).where(*where).order_by(requests.c.id.desc())
        with self.database.read() as connection:
            return _read(connection, wanted.limit(limit))

    def count(self, scope: Scope) -> dict[State, int]:
        """How many requests are in each state."""
        wanted = (
            select(requests.c.state, func.count())
            .where(_within(scope))
            .group_by(requests.c.state)
        )
        with self.database.read() as connection:
            return {State(state): count for state, count in connection.execute(wanted)}

    def steps(self, request_id: str, scope: Scope) -> list[Step]:
        """The time line of a request, oldest first; nothing of somebody else's."""
        wanted = (
            select(request_steps)
            .join(requests, requests.c.id == request_steps.c.request)
            .where(requests.c.id == request_id, _within(scope))
            .order_by(request_steps.c.number)
        )
        with self.database.read() as connection:
            return [
                from_row(row, Step) for row in connection.execute(wanted).mappings()
            ]

    def unrecorded(self, scope: Scope) -> list[Request]:
        """Requests that may still come into the inventory, in the order they came in."""
        open_states = (State.SUBMITTED, State.APPROVED, State.WAITING)
        return self._oldest_first(
            scope,
            requests.c.recorded.is_(None),
            requests.c.state.in_([one.value for one in open_states]),
        )

    def in_work(self, scope: Scope) -> list[Request]:
        """Requests that are in the inventory and not yet proven, oldest first."""
        done = (State.READY, State.CLOSED)
        return self._oldest_first(
            scope,
            requests.c.recorded.is_not(None),
            requests.c.state.not_in([one.value for one in done]),
        )

    def untold_steps(
        self, moment: datetime, scope: Scope, limit: int = _AT_ONCE
    ) -> Sequence[tuple[Request, Step]]:
        """Steps from a moment on of which there is no notice (`request/ID/NUMBER`) yet,
        oldest first, with the requests as they are now.
        """
        number = cast(request_steps.c.number, String)
        key = "request/" + request_steps.c.request + "/" + number
        wanted = (
            select(request_steps)
            .join(requests, requests.c.id == request_steps.c.request)
            .where(request_steps.c.at >= moment, _within(scope))
            .where(~exists().where(notices.c.key == key))
            .order_by(request_steps.c.at, request_steps.c.number)
            .limit(limit)
        )
        with self.database.read() as connection:
            rows = connection.execute(wanted).mappings().all()
            steps = [from_row(row, Step) for row in rows]
            ids = list({one.request for one in steps})
            found = _read(connection, select(requests).where(requests.c.id.in_(ids)))
        by_id = {one.id: one for one in found}
        return [(by_id[step.request], step) for step in steps]

    def _oldest_first(self, scope: Scope, *where: ColumnElement[bool]) -> list[Request]:
        wanted = select(requests).where(_within(scope), *where).order_by(requests.c.id)
        with self.database.read() as connection:
            return _read(connection, wanted)

    def _told(self, connection: Connection, step: Step, entry: AuditEntry) -> None:
        row = msgspec.structs.asdict(step)
        connection.execute(insert(request_steps).values(**row))
        extend_in(connection, self.database.clock(connection), [entry])


def _within(scope: Scope) -> ColumnElement[bool]:
    if isinstance(scope, Everything):
        return true()
    return requests.c.municipality.in_(sorted(scope)) if scope else false()


def _first(connection: Connection, *where: ColumnElement[bool]) -> Request | None:
    found = _read(connection, select(requests).where(*where).limit(1))
    return found[0] if found else None


def _read(connection: Connection, wanted: Any) -> list[Request]:
    return [from_row(row, Request) for row in connection.execute(wanted).mappings()]


def _row(request: Request) -> dict[str, Any]:
    row = msgspec.structs.asdict(request)
    return row | {
        "sort": request.sort,
        "wish": msgspec.to_builtins(request.wish),
        "start": request.start.isoformat() if request.start else None,
    }

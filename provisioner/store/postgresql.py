"""PostgreSQL through psycopg, with as few round trips as a transaction can do with.

What begins a transaction, takes its advisory lock and asks for the time goes out as one
message, and a connection is only asked whether it still lives when its socket has
something to say.
"""

from __future__ import annotations

import select
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    create_engine,
    event,
    func,
    type_coerce,
)
from sqlalchemy.exc import DisconnectionError, OperationalError

from provisioner.store.columns import Instant

if TYPE_CHECKING:
    import psycopg

ALONE = "provisioner_alone"
"""Execution option: the number of the advisory lock that the next transaction takes."""
SNAPSHOT = "provisioner_snapshot"
"""Execution option: the next transaction sees one moment, whatever others commit."""
ALREADY_WHOLE = "provisioner_already_whole"
"""Execution option: what comes is one statement, which is kept or not without a BEGIN."""
_MOMENT = "provisioner_moment"
_TEXT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'


def engine_on(url: URL, patience: float) -> Engine:
    """An engine that waits `patience` seconds for locks; raises `ImportError`."""
    options = f"-c lock_timeout={int(patience * 1000)}"
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={"options": options, "application_name": "provisioner"},
    )
    event.listen(engine, "connect", _begin_by_hand)
    event.listen(engine, "checkout", _require_life)
    event.listen(engine, "begin", _begin)
    return engine


def moment(connection: Connection) -> datetime:
    """When the transaction of a connection began, by PostgreSQL's clock (UTC)."""
    began: datetime = connection.info[_MOMENT]
    return began


def moment_there() -> ColumnElement[datetime]:
    """The time as an expression that PostgreSQL works out; the text of `columns.Instant`."""
    utc = func.timezone("UTC", func.clock_timestamp())
    return type_coerce(func.to_char(utc, _TEXT), Instant())


def is_quiet(socket: int) -> bool:
    """Whether nothing waits to be read: who was cut off would find the end there.

    `socket` is the file descriptor of a connection that nobody uses at this moment.
    """
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return not poll.poll(0)


def _begin_by_hand(raw: psycopg.Connection[Any], _record: object) -> None:
    raw.autocommit = True  # psycopg would send a BEGIN of its own, and wait for it


def _require_life(
    raw: psycopg.Connection[Any], _record: object, _proxy: object
) -> None:
    import psycopg

    try:
        if not is_quiet(raw.fileno()):
            raw.execute("SELECT 1")
    except psycopg.Error as error:
        raise DisconnectionError(str(error)) from error


def _begin(connection: Connection) -> None:
    import psycopg

    options = connection.get_execution_options()
    connection.info.pop(_MOMENT, None)
    if options.get(ALREADY_WHOLE):
        return
    words = ["BEGIN"]
    if options.get(SNAPSHOT):
        words = ["BEGIN ISOLATION LEVEL REPEATABLE READ"]
    if ALONE in options:
        words.append(f"SELECT pg_advisory_xact_lock({int(options[ALONE])})")
    # Asked for after the lock: who waited for it must not come with an old time.
    words.append("SELECT clock_timestamp()")
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)  # noqa: S101
    try:
        answer = raw.execute("; ".join(words).encode(), prepare=False)
        for _ in words[1:]:
            answer.nextset()
        row = answer.fetchone()
    except psycopg.Error as error:
        if raw.closed:
            connection.invalidate(error)
        raise OperationalError(words[0], None, error) from error
    assert row is not None  # noqa: S101
    connection.info[_MOMENT] = row[0].astimezone(UTC)

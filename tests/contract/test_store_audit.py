"""The audit only grows, its chain shows tampering, and several writers keep one chain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from provisioner.errors import StoreError
from provisioner.model.audit import AuditEntry
from provisioner.store import Store

Spawn = Callable[..., Any]

APPEND = """
from provisioner.store import open_store
store = open_store(url)
talk.recv()
for number in range(25):
    store.audit.append(me, "counted", str(number))
talk.send("done")
"""


def fill(store: Store, rows: int = 5) -> None:
    for number in range(rows):
        store.audit.append(
            "דנה", "mailbox.create", f"rameh/mailbox/{number}", {"n": number}
        )


def tamper(store: Store, *statements: str) -> None:
    """What somebody with full access to the database could do."""
    with store.database.write() as connection:
        if store.database.is_sqlite:
            names = connection.execute(
                text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            ).scalars()
            statements = (*(f"DROP TRIGGER {name}" for name in names), *statements)
        else:
            connection.execute(text("SET session_replication_role = replica"))
        for statement in statements:
            connection.exec_driver_sql(statement)


def test_an_untouched_chain_holds(store: Store) -> None:
    assert store.audit.verify().holds
    fill(store)
    verdict = store.audit.verify()
    assert (verdict.holds, verdict.rows) == (True, 5)
    assert verdict.head == store.audit.head()


def test_rows_come_back_newest_first_with_their_details(store: Store) -> None:
    fill(store)
    newest, before = store.audit.latest(2)
    assert (newest.id, newest.actor, newest.details) == (5, "דנה", '{"n":4}')
    assert before.subject == "rameh/mailbox/3"


def test_many_rows_are_one_transaction(store: Store) -> None:
    head = store.audit.extend([AuditEntry("me", "did", str(n), {}) for n in range(100)])
    assert head == store.audit.head()
    assert head.rows == store.audit.verify().rows == 100
    assert store.audit.extend([]) == head


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'somebody else' WHERE id = 3",
        "DELETE FROM audit WHERE id = 3",
        "DELETE FROM audit",
        "UPDATE audit_head SET rows = rows - 1",
        "DELETE FROM audit_head",
    ],
)
def test_the_database_itself_refuses_to_change_the_audit(
    store: Store, statement: str
) -> None:
    fill(store)
    with (
        pytest.raises(StoreError, match="only grow"),
        store.database.write() as connection,
    ):
        connection.execute(text(statement))
    assert store.audit.verify().holds


def test_an_old_row_cannot_be_replaced_by_an_insert(store: Store) -> None:
    fill(store)
    verb = "INSERT OR REPLACE" if store.database.is_sqlite else "INSERT"
    with pytest.raises(StoreError), store.database.write() as connection:
        connection.execute(
            text(
                f"{verb} INTO audit (id, at, actor, action, subject, details, hash)"
                " VALUES (3, '', '', '', '', '', '')"
            )
        )
    assert store.audit.verify().holds


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit SET actor = 'x' WHERE id = 3", 3),
        ("UPDATE audit SET details = '{\"n\":99}' WHERE id = 1", 1),
        ("UPDATE audit SET at = '2020-01-01T00:00:00.000000Z' WHERE id = 5", 5),
        ("UPDATE audit SET hash = substr(hash, 2) || '0' WHERE id = 2", 2),
        ("DELETE FROM audit WHERE id = 4", 4),
        ("DELETE FROM audit WHERE id = 1", 1),
        ("DELETE FROM audit WHERE id > 3", 4),
        ("UPDATE audit SET id = 9 WHERE id = 5", 5),
    ],
)
def test_tampering_shows_where_it_was_done(
    store: Store, statement: str, broken_at: int
) -> None:
    fill(store)
    tamper(store, statement)
    verdict = store.audit.verify()
    assert (verdict.holds, verdict.broken_at) == (False, broken_at)
    assert verdict.reason


def test_an_end_cut_off_with_the_head_rewritten_shows_only_against_a_kept_head(
    store: Store,
) -> None:
    fill(store)
    kept = store.audit.head()
    third = store.audit.latest(3)[-1]
    tamper(
        store,
        "DELETE FROM audit WHERE id > 3",
        f"UPDATE audit_head SET rows = 3, hash = '{third.hash}'",  # noqa: S608
    )
    assert store.audit.verify().holds  # the honest limit of a chain without a witness
    verdict = store.audit.verify(kept)
    assert (verdict.holds, verdict.broken_at) == (False, 4)
    fill(store, 3)
    assert store.audit.verify(kept).broken_at == 5


def test_a_kept_head_is_met_again_in_a_longer_chain(store: Store) -> None:
    start = store.audit.head()
    fill(store)
    kept = store.audit.head()
    fill(store)
    assert store.audit.verify(kept).holds
    assert store.audit.verify(start).holds


def test_four_processes_append_to_one_chain(store: Store, spawn: Spawn) -> None:
    children = [spawn(APPEND, f"actor{n}") for n in range(4)]
    for child in children:
        child.send("go")
    assert [child.answer() for child in children] == ["done"] * 4
    verdict = store.audit.verify()
    assert (verdict.holds, verdict.rows) == (True, 100)
    subjects = [(row.actor, row.subject) for row in store.audit.latest(100)]
    assert len(set(subjects)) == 100

"""One-time secrets, and an audit that can only grow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _one_time_secrets()
    _audit()
    _audit_head()
    _first_head()
    if op.get_bind().dialect.name == "sqlite":
        _guard_in_sqlite()
    else:
        _guard_in_postgresql()


def _one_time_secrets() -> None:
    op.create_table(
        "one_time_secrets",
        sa.Column("id", sa.String(32)),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary()),
        sa.Column("created", sa.String(27), nullable=False),
        sa.Column("expires", sa.String(27), nullable=False),
        sa.Column("ended", sa.String(27)),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("one_time_secrets_by_key", "one_time_secrets", ["key"])
    op.create_index("one_time_secrets_by_state", "one_time_secrets", ["state"])
    op.create_index(
        "one_time_secrets_one_prepared",
        "one_time_secrets",
        ["key"],
        unique=True,
        sqlite_where=sa.text("state = 'prepared'"),
        postgresql_where=sa.text("state = 'prepared'"),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", COUNTER, autoincrement=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _audit_head() -> None:
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False),
        sa.Column("rows", COUNTER, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _first_head() -> None:
    head = sa.table("audit_head", sa.column("id"), sa.column("rows"), sa.column("hash"))
    op.execute(sa.insert(head).values(id=1, rows=0, hash="0" * 64))


def _guard_in_sqlite() -> None:
    """Refuse UPDATE and DELETE; INSERT OR REPLACE too, which fires no DELETE trigger."""
    for name, when in (
        ("audit_keeps_rows", "DELETE ON audit"),
        ("audit_keeps_words", "UPDATE ON audit"),
        ("audit_head_stays", "DELETE ON audit_head"),
        (
            "audit_in_order",
            "INSERT ON audit WHEN NEW.id IS NOT"
            " (SELECT coalesce(max(id), 0) + 1 FROM audit)",
        ),
        ("audit_head_grows", "UPDATE ON audit_head WHEN NEW.rows <= OLD.rows"),
        (
            "audit_head_is_one",
            "INSERT ON audit_head WHEN EXISTS (SELECT 1 FROM audit_head)",
        ),
    ):
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {when}"
            " BEGIN SELECT RAISE(ABORT, 'the audit can only grow'); END"
        )


def _guard_in_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit can only grow'; END $$"
    )
    for name, when, condition in (
        ("audit_keeps", "UPDATE OR DELETE ON audit FOR EACH ROW", ""),
        ("audit_keeps_all", "TRUNCATE ON audit FOR EACH STATEMENT", ""),
        ("audit_head_stays", "DELETE ON audit_head FOR EACH ROW", ""),
        ("audit_head_stays_all", "TRUNCATE ON audit_head FOR EACH STATEMENT", ""),
        (
            "audit_head_grows",
            "UPDATE ON audit_head FOR EACH ROW",
            "WHEN (NEW.rows <= OLD.rows)",
        ),
    ):
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {when} {condition}"
            " EXECUTE FUNCTION audit_refuses()"
        )

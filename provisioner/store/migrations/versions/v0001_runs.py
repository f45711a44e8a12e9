"""Runs with their events, locks, plans, outcomes and proofs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _runs()
    _run_events()
    _counters()
    _locks()
    _plans()
    _outcomes()
    _proofs()


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(64)),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("started", sa.String(27), nullable=False),
        sa.Column("municipalities", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("commit", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("finished", sa.String(27)),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text()),
        sa.Column("events", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("runs_by_status", "runs", ["status"])


def _run_events() -> None:
    op.create_table(
        "run_events",
        sa.Column("run_id", sa.String(64)),
        sa.Column("number", sa.Integer()),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("details", sa.Text()),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "number"),
    )


def _counters() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.String(64)),
        sa.Column("value", COUNTER, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _locks() -> None:
    op.create_table(
        "locks",
        sa.Column("name", sa.Text()),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.Column("lease_until", sa.String(27), nullable=False),
        sa.Column("fence", COUNTER, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column("run_id", sa.String(64)),
        sa.Column("municipality", sa.Text()),
        sa.Column("commit", sa.Text(), nullable=False),
        sa.Column("checksum", sa.String(64), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id", "municipality"),
    )


def _outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("id", COUNTER, autoincrement=True),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("outcomes_by_key", "outcomes", ["key"])
    op.create_index("outcomes_by_run", "outcomes", ["run_id"])


def _proofs() -> None:
    op.create_table(
        "proofs",
        sa.Column("id", COUNTER, autoincrement=True),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("proven", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("proofs_by_key", "proofs", ["key"])
    op.create_index("proofs_by_run", "proofs", ["run_id"])

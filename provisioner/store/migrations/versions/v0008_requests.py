"""Requests of municipalities and their time lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.String(64)),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("sort", sa.String(32), nullable=False),
        sa.Column("wish", sa.Text(), nullable=False),
        sa.Column("requester", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("start", sa.String(10)),
        sa.Column("submitted", sa.String(27), nullable=False),
        sa.Column("changed", sa.String(27), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("waits_for", sa.String(16), nullable=False),
        sa.Column("recorded", sa.String(27)),
        sa.Column("commit", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("requests_once", "requests", ["requester", "key"], unique=True)
    op.create_index("requests_by_municipality", "requests", ["municipality", "state"])
    op.create_index("requests_by_state", "requests", ["state"])
    op.create_table(
        "request_steps",
        sa.Column("request", sa.String(64)),
        sa.Column("number", sa.Integer()),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("waits_for", sa.String(16), nullable=False),
        sa.ForeignKeyConstraint(["request"], ["requests.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("request", "number"),
    )
    op.create_index("request_steps_by_time", "request_steps", ["at"])

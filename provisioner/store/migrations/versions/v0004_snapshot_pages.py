"""Snapshots in pages, in the order they came; those kept in buckets are read anew."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.drop_table("snapshot_buckets")
    op.drop_table("snapshots")
    op.create_table(
        "snapshots",
        sa.Column("tenant", sa.Text()),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("full_at", sa.String(27), nullable=False),
        sa.Column("token_at", sa.String(27), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant"),
    )
    op.create_table(
        "snapshot_pages",
        sa.Column("tenant", sa.Text()),
        sa.Column("number", sa.Integer()),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["snapshots.tenant"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant", "number"),
    )

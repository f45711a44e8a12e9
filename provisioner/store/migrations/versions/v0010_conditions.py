"""Conditions and gauges; indexes without which a store with a year of runs is slow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "conditions",
        sa.Column("about", sa.String(32)),
        sa.Column("key", sa.Text()),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.Column("over", sa.String(27)),
        sa.PrimaryKeyConstraint("about", "key"),
    )
    op.create_index("conditions_by_end", "conditions", ["over"])
    op.create_table(
        "gauges",
        sa.Column("name", sa.String(64)),
        sa.Column("label", sa.Text()),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("name", "label"),
    )
    op.create_index("runs_by_end", "runs", ["finished"])
    op.create_index("runs_by_checksum", "runs", ["checksum"])
    op.create_index("approvals_by_decision", "approvals", ["decided", "expires"])

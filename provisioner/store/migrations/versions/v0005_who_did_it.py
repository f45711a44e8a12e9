"""Drift items say who made them so, when, and by which activity."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    nothing = sa.text("''")
    for column in (
        sa.Column("who", sa.Text(), nullable=False, server_default=nothing),
        sa.Column("when", sa.String(27)),
        sa.Column("activity", sa.Text(), nullable=False, server_default=nothing),
    ):
        op.add_column("drift_items", column)

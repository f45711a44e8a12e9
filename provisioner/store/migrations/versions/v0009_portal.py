"""Sessions of people who use the portal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "portal_sessions",
        sa.Column("id_hash", sa.String(64)),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("person", sa.Text()),
        sa.Column("signing_in", sa.Text()),
        sa.Column("started", sa.String(27), nullable=False),
        sa.Column("seen", sa.String(27), nullable=False),
        sa.Column("expires", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("id_hash"),
    )
    op.create_index("portal_sessions_by_expiry", "portal_sessions", ["expires"])

"""Runs wait in a queue under leases; approvals, workers, the leader, schedules, notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NOTHING = sa.text("''")


def upgrade() -> None:
    _runs()
    _approvals()
    _who_and_when()
    _notices()


def _runs() -> None:
    for column in (
        _words("worker"),
        sa.Column("fence", COUNTER, nullable=False, server_default=sa.text("0")),
        sa.Column("lease_until", sa.String(27)),
        _words("zone"),
        sa.Column(
            "priority", sa.Integer(), nullable=False, server_default=sa.text("50")
        ),
        sa.Column("due", sa.String(27)),
        sa.Column("not_after", sa.String(27)),
        sa.Column("dedupe_key", sa.Text()),
        _words("schedule"),
        sa.Column("asked", sa.Text()),
        _words("follows"),
        sa.Column("attempt", sa.Integer(), nullable=False, server_default=sa.text("1")),
        _words("override"),
        _words("cancelled_by"),
    ):
        op.add_column("runs", column)
    op.drop_index("runs_by_status", "runs")
    op.create_index("runs_by_status", "runs", ["status", "due"])
    op.create_index("runs_by_schedule", "runs", ["schedule", "status"])
    op.create_index("runs_once", "runs", ["dedupe_key"], unique=True)


def _approvals() -> None:
    op.create_table(
        "approvals",
        sa.Column("run_id", sa.String(64)),
        sa.Column("checksum", sa.String(64), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("guards", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested", sa.String(27), nullable=False),
        sa.Column("expires", sa.String(27), nullable=False),
        sa.Column("decided", sa.String(27)),
        _words("decided_by"),
        _words("followed_by"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run_id"),
    )
    op.create_index("approvals_by_checksum", "approvals", ["checksum"])


def _who_and_when() -> None:
    op.create_table(
        "leaders",
        sa.Column("name", sa.String(64)),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("epoch", COUNTER, nullable=False),
        sa.Column("lease_until", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "workers",
        sa.Column("name", sa.Text()),
        sa.Column("zones", sa.Text(), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.Column("seen", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "schedules",
        sa.Column("name", sa.Text()),
        sa.Column("last_fired", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("key", sa.Text()),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("about", sa.String(32), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("made", sa.String(27), nullable=False),
        sa.Column("due", sa.String(27), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("ended", sa.String(27)),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("notices_by_state", "notices", ["state", "due"])
    op.create_index("notices_by_made", "notices", ["made"])


def _words(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=NOTHING)

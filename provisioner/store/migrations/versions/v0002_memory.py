"""What is remembered of the world: last applied, sightings, snapshots, drift."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _last_applied()
    _sightings()
    _snapshots()
    _snapshot_buckets()
    _drift_items()
    _drift_transitions()
    _acknowledgements()


def _last_applied() -> None:
    op.create_table(
        "last_applied",
        sa.Column("key", sa.Text()),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("spec", sa.LargeBinary(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("last_applied_by_municipality", "last_applied", ["municipality"])


def _sightings() -> None:
    op.create_table(
        "sightings",
        sa.Column("aspect", sa.String(64)),
        sa.Column("key", sa.Text()),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("seen", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("aspect", "key"),
    )


def _snapshots() -> None:
    op.create_table(
        "snapshots",
        sa.Column("tenant", sa.Text()),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("full_at", sa.String(27), nullable=False),
        sa.Column("token_at", sa.String(27), nullable=False),
        sa.Column("buckets", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("tenant"),
    )


def _snapshot_buckets() -> None:
    op.create_table(
        "snapshot_buckets",
        sa.Column("tenant", sa.Text()),
        sa.Column("bucket", sa.Integer()),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["snapshots.tenant"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant", "bucket"),
    )


def _drift_items() -> None:
    op.create_table(
        "drift_items",
        sa.Column("key", sa.Text()),
        sa.Column("municipality", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("drift", sa.String(16), nullable=False),
        sa.Column("life", sa.String(16), nullable=False),
        sa.Column("since", sa.String(27), nullable=False),
        sa.Column("seen", sa.String(27), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_hand", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index(
        "drift_items_by_municipality", "drift_items", ["municipality", "kind"]
    )


def _drift_transitions() -> None:
    op.create_table(
        "drift_transitions",
        sa.Column("id", COUNTER, autoincrement=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.Column("life", sa.String(16), nullable=False),
        sa.Column("drift", sa.String(16), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("drift_transitions_by_key", "drift_transitions", ["key"])


def _acknowledgements() -> None:
    op.create_table(
        "acknowledgements",
        sa.Column("key", sa.Text()),
        sa.Column("drift", sa.String(16), nullable=False),
        sa.Column("accepted", sa.Text(), nullable=False),
        sa.Column("until", sa.String(27), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.String(27), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )

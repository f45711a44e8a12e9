"""The tables of requests; see `tables`, whose `metadata` they complete."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from provisioner.store.columns import Instant, Json
from provisioner.store.tables import metadata

__all__ = ["metadata", "request_steps", "requests"]

requests = Table(
    "requests",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("municipality", Text, nullable=False),
    Column("sort", String(32), nullable=False),
    Column("wish", Json, nullable=False),
    Column("requester", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("mail", Text, nullable=False),
    Column("language", String(2), nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("start", String(10)),
    Column("submitted", Instant, nullable=False),
    Column("changed", Instant, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("automatic", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("waits_for", String(16), nullable=False),
    Column("recorded", Instant),
    Column("commit", Text, nullable=False),
    Column("run", Text, nullable=False),
    Index("requests_once", "requester", "key", unique=True),
    Index("requests_by_municipality", "municipality", "state"),
    Index("requests_by_state", "state"),
)

request_steps = Table(
    "request_steps",
    metadata,
    Column("request", ForeignKey(requests.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", Text, nullable=False),
    Column("act", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("waits_for", String(16), nullable=False),
    Index("request_steps_by_time", "at"),
)

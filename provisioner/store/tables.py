"""The tables of the store, but for those of requests (`request_tables`).

A change here needs a migration beside it (a test compares).
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from provisioner.store.columns import Counter, Instant, Json

metadata = MetaData()

runs = Table(
    "runs",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("mode", String(16), nullable=False),
    Column("actor", Text, nullable=False),
    Column("started", Instant, nullable=False),
    Column("municipalities", Json, nullable=False),
    Column("kinds", Json, nullable=False),
    Column("commit", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("finished", Instant),
    Column("pid", Integer, nullable=False),
    Column("host", Text, nullable=False),
    Column("process", Text, nullable=False),
    Column("checksum", Text, nullable=False),
    Column("summary", Json),
    Column("events", Integer, nullable=False, server_default=text("0")),
    Column("worker", Text, nullable=False, server_default=text("''")),
    Column("fence", Counter, nullable=False, server_default=text("0")),
    Column("lease_until", Instant),
    Column("zone", Text, nullable=False, server_default=text("''")),
    Column("priority", Integer, nullable=False, server_default=text("50")),
    Column("due", Instant),
    Column("not_after", Instant),
    Column("dedupe_key", Text),
    Column("schedule", Text, nullable=False, server_default=text("''")),
    Column("asked", Json),
    Column("follows", Text, nullable=False, server_default=text("''")),
    Column("attempt", Integer, nullable=False, server_default=text("1")),
    Column("override", Text, nullable=False, server_default=text("''")),
    Column("cancelled_by", Text, nullable=False, server_default=text("''")),
    Index("runs_by_status", "status", "due"),
    Index("runs_by_schedule", "schedule", "status"),
    Index("runs_once", "dedupe_key", unique=True),
    Index("runs_by_end", "finished"),
    Index("runs_by_checksum", "checksum"),
)

run_events = Table(
    "run_events",
    metadata,
    Column("run_id", ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("details", Json),
)

approvals = Table(
    "approvals",
    metadata,
    Column("run_id", ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True),
    Column("checksum", String(64), nullable=False),
    Column("asked", Json, nullable=False),
    Column("guards", Json, nullable=False),
    Column("changes", Json, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested", Instant, nullable=False),
    Column("expires", Instant, nullable=False),
    Column("decided", Instant),
    Column("decided_by", Text, nullable=False, server_default=text("''")),
    Column("followed_by", Text, nullable=False, server_default=text("''")),
    Index("approvals_by_checksum", "checksum"),
    Index("approvals_by_decision", "decided", "expires"),
)

workers = Table(
    "workers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("zones", Json, nullable=False),
    Column("since", Instant, nullable=False),
    Column("seen", Instant, nullable=False),
)

leaders = Table(
    "leaders",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("epoch", Counter, nullable=False),
    Column("lease_until", Instant, nullable=False),
)

schedules = Table(
    "schedules",
    metadata,
    Column("name", Text, primary_key=True),
    Column("last_fired", Instant, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("key", Text, primary_key=True),
    Column("recipient", Text, nullable=False),
    Column("about", String(32), nullable=False),
    Column("facts", Json, nullable=False),
    Column("made", Instant, nullable=False),
    Column("due", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", Text, nullable=False),
    Column("ended", Instant),
    Index("notices_by_state", "state", "due"),
    Index("notices_by_made", "made"),
)

conditions = Table(
    "conditions",
    metadata,
    Column("about", String(32), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("municipality", Text, nullable=False),
    Column("facts", Json, nullable=False),
    Column("since", Instant, nullable=False),
    Column("over", Instant),
    Index("conditions_by_end", "over"),
)

gauges = Table(
    "gauges",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("label", Text, primary_key=True),
    Column("value", Float, nullable=False),
    Column("at", Instant, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", Counter, nullable=False),
)

locks = Table(
    "locks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("lease_until", Instant, nullable=False),
    Column("fence", Counter, nullable=False),
)

last_applied = Table(
    "last_applied",
    metadata,
    Column("key", Text, primary_key=True),
    Column("municipality", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("spec", LargeBinary, nullable=False),
    Column("object_id", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("last_applied_by_municipality", "municipality"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("aspect", String(64), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("seen", Instant, nullable=False),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("token", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("full_at", Instant, nullable=False),
    Column("token_at", Instant, nullable=False),
    Column("pages", Integer, nullable=False),
)

snapshot_pages = Table(
    "snapshot_pages",
    metadata,
    Column(
        "tenant", ForeignKey(snapshots.c.tenant, ondelete="CASCADE"), primary_key=True
    ),
    Column("number", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

drift_items = Table(
    "drift_items",
    metadata,
    Column("key", Text, primary_key=True),
    Column("municipality", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("drift", String(16), nullable=False),
    Column("life", String(16), nullable=False),
    Column("since", Instant, nullable=False),
    Column("seen", Instant, nullable=False),
    Column("fields", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by_hand", Json, nullable=False),
    Column("who", Text, nullable=False, server_default=text("''")),
    Column("when", Instant),
    Column("activity", Text, nullable=False, server_default=text("''")),
    Index("drift_items_by_municipality", "municipality", "kind"),
)

drift_transitions = Table(
    "drift_transitions",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("life", String(16), nullable=False),
    Column("drift", String(16), nullable=False),
    Column("fields", Json, nullable=False),
    Column("actor", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("drift_transitions_by_key", "key"),
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("key", Text, primary_key=True),
    Column("drift", String(16), nullable=False),
    Column("accepted", Json, nullable=False),
    Column("until", Instant, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

plans = Table(
    "plans",
    metadata,
    Column("run_id", ForeignKey(runs.c.id, ondelete="CASCADE"), primary_key=True),
    Column("municipality", Text, primary_key=True),
    Column("commit", Text, nullable=False),
    Column("checksum", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("run_id", ForeignKey(runs.c.id, ondelete="CASCADE"), nullable=False),
    Column("key", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("outcomes_by_run", "run_id"),
    Index("outcomes_by_key", "key"),
)

proofs = Table(
    "proofs",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("run_id", ForeignKey(runs.c.id, ondelete="CASCADE"), nullable=False),
    Column("key", Text, nullable=False),
    Column("proven", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("proofs_by_run", "run_id"),
    Index("proofs_by_key", "key"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=False),
    Column("at", String(27), nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("hash", String(64), nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("rows", Counter, nullable=False),
    Column("hash", String(64), nullable=False),
)

one_time_secrets = Table(
    "one_time_secrets",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("key", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("ciphertext", LargeBinary),
    Column("created", Instant, nullable=False),
    Column("expires", Instant, nullable=False),
    Column("ended", Instant),
    Index("one_time_secrets_by_key", "key"),
    Index("one_time_secrets_by_state", "state"),
    Index(
        "one_time_secrets_one_prepared",
        "key",
        unique=True,
        sqlite_where=text("state = 'prepared'"),
        postgresql_where=text("state = 'prepared'"),
    ),
)

portal_sessions = Table(
    "portal_sessions",
    metadata,
    Column("id_hash", String(64), primary_key=True),
    Column("csrf", String(64), nullable=False),
    Column("person", Json),
    Column("signing_in", Json),
    Column("started", Instant, nullable=False),
    Column("seen", Instant, nullable=False),
    Column("expires", Instant, nullable=False),
    Index("portal_sessions_by_expiry", "expires"),
)

backup_observations = Table(
    "backup_observations",
    metadata,
    Column("id", Counter, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False),
    Column("side", String(16), nullable=False),
    Column("read", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("backup_observations_by_key", "key", "side"),
)

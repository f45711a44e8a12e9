"""How Alembic meets our store: on the connection it is given, inside its transaction."""

from __future__ import annotations

from alembic import context

from provisioner.store.request_tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata
)
with context.begin_transaction():
    context.run_migrations()

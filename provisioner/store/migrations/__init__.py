"""Alembic's scripts; `provisioner.store.migrate` runs them."""

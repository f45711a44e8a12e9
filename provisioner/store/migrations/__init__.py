"""Alembic's scripts; `provisioner.store.migrate` runs them.

A new step: change `tables.py`, write `versions/vNNNN_words.py` by hand (it must stand on its
own: no import of ours), and set `HEAD` in `migrate.py`. The contract tests compare all three,
over SQLite and PostgreSQL. There is no way back down: a store is restored from its backup.
"""

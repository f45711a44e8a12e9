"""Opening a store: made whole or not at all, by one process or by several at once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from provisioner.errors import StoreError
from provisioner.store import Store, migrations, open_store
from provisioner.store.migrate import HEAD
from provisioner.store.request_tables import metadata

Spawn = Callable[..., Any]

OPEN = """
from provisioner.store import open_store
talk.recv()
with open_store(url) as store:
    talk.send(store.audit.append("me", "opened", "store").rows)
"""
ALREADY_CURRENT = """
import sys
from provisioner.store import open_store
open_store(sys.argv[1]).close()
assert "alembic" not in sys.modules
"""


def test_four_processes_open_a_new_store_at_once(
    new_url: str, spawn_on: Callable[[str], Spawn]
) -> None:
    children = [spawn_on(new_url)(OPEN) for _ in range(4)]
    for child in children:
        child.send("go")
    assert sorted(child.answer() for child in children) == [1, 2, 3, 4]


def test_a_current_store_is_opened_without_alembic(url: str) -> None:
    subprocess.run([sys.executable, "-c", ALREADY_CURRENT, url], check=True)


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(
    store: Store,
) -> None:
    with store.database.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


def test_the_newest_migration_is_the_one_that_opening_looks_for() -> None:
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_store_of_a_newer_version_is_left_alone(url: str) -> None:
    with open_store(url) as store, store.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"9999.*newer"):
        open_store(url)


def test_what_was_written_is_there_after_reopening(url: str) -> None:
    with open_store(url) as store:
        head = store.audit.append("me", "wrote", "something")
    with open_store(url) as store:
        assert store.audit.head() == head


def test_a_transaction_that_fails_leaves_nothing_behind(store: Store) -> None:
    with pytest.raises(RuntimeError), store.database.write() as connection:
        connection.execute(text("INSERT INTO counters (name, value) VALUES ('a', 1)"))
        raise RuntimeError
    with store.database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM counters")).scalar() == 0


def test_no_message_shows_the_password_of_the_store() -> None:
    url = "postgresql://someone:hunter2secret@127.0.0.1:1/store?connect_timeout=2"
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert "hunter2secret" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)

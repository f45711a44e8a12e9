"""A store of the revision before, with rows in it, is brought forward whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from provisioner.model.run import RunStatus
from provisioner.store import migrations, open_store
from provisioner.store.connect import engine_for, writing

BEFORE = ("0005", "0006")
RUN = (
    'INSERT INTO runs (id, mode, actor, started, municipalities, kinds, "commit",'
    " status, finished, pid, host, process, checksum, summary, events) VALUES"
    " (:id, 'apply', 'dana', '2026-03-01T06:30:00.000000Z', '[\"rameh\"]', '[]', 'abc',"
    " :status, :finished, 12, 'elsewhere', '1@x', '', NULL, 1)"
)
EVENT = (
    "INSERT INTO run_events (run_id, number, at, kind, text) VALUES"
    " ('done', 1, '2026-03-01T06:30:01.000000Z', 'planned', 'two changes')"
)


def of_the_revision(url: str, before: str) -> None:
    """A store as the last version left it: one run ended, one broken off."""
    engine = engine_for(url)
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    with engine.connect() as plain, writing(plain) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, before)
        ended = "2026-03-01T06:31:00.000000Z"
        for one in (("done", "succeeded", ended), ("cut", "running", None)):
            values = dict(zip(("id", "status", "finished"), one, strict=True))
            connection.execute(text(RUN), values)
        connection.execute(text(EVENT))
    engine.dispose()


@pytest.mark.parametrize("before", BEFORE)
def test_runs_of_the_revision_before_come_along(new_url: str, before: str) -> None:
    of_the_revision(new_url, before)
    with open_store(new_url) as store:
        done, cut = store.runs.get("done"), store.runs.get("cut")
        assert done is not None
        assert cut is not None
        assert done.started == datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
        assert (done.status, done.municipalities) == (RunStatus.SUCCEEDED, ("rameh",))
        assert (done.priority, done.attempt, done.dedupe_key) == (50, 1, None)
        assert [one.text for one in store.runs.events("done")] == ["two changes"]
        assert store.runs.reap() == ["cut"]
        assert store.queue.claim("worker", 60) is None

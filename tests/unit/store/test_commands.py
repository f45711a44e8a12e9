"""The commands `audit`, `secrets` and `runs`, as a person or a script calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from sqlalchemy import text
from typer.testing import CliRunner

from provisioner.cli import audit, runs, secrets
from provisioner.errors import SecretUnavailable, StoreError
from provisioner.model.change import Action
from provisioner.model.outcome import Check, Outcome, Proof, Status
from provisioner.model.run import Run, RunStatus
from provisioner.settings import Settings
from provisioner.store import Store
from provisioner.store.secret_key import load_key

Command = Callable[..., Any]


@pytest.fixture
def settings(tmp_path: Path, url: str) -> Settings:
    return Settings(var=tmp_path / "var", store_url=url, actor="dana")


@pytest.fixture
def command(settings: Settings) -> Command:
    """Call a command of one of the three groups; errors come through as they are."""

    def call(app: typer.Typer, *words: str) -> Any:
        context = SimpleNamespace(settings=settings)
        return CliRunner().invoke(app, words, obj=context, catch_exceptions=False)

    return call


@pytest.fixture
def secret_id(store: Store, settings: Settings) -> str:
    kept = store.secrets(load_key(settings))
    kept.prepare(["rameh/mailbox/nur"], lambda: "Pass%word=of+nur")
    with store.database.read() as connection:
        expires = store.database.clock(connection) + timedelta(days=7)
    return kept.release(["rameh/mailbox/nur"], expires)["rameh/mailbox/nur"]


@pytest.fixture
def run_id(store: Store, now: datetime) -> str:
    store.runs.start(Run("20260301-run", "apply", "dana", now, ("rameh",)))
    store.runs.add_event("20260301-run", "planned", "2 change(s) [in rameh]")
    outcome = Outcome(
        "rameh", "mailbox", "nur", Action.CREATE, Status.WAITING, "no seat"
    )
    proof = Proof("rameh", "mailbox", "nur", now, (Check("mailbox answers", False),))
    store.outcomes.append("20260301-run", [outcome], [proof])
    store.runs.finish("20260301-run", RunStatus.WAITING, {"waiting": 1})
    return "20260301-run"


def test_a_whole_audit_is_verified(store: Store, command: Command) -> None:
    head = store.audit.append("dana", "did", "something")
    told = command(audit.app, "verify")
    assert told.exit_code == 0
    assert "1 row(s)" in told.output
    assert json.loads(command(audit.app, "verify", "--json").output) == {
        "holds": True,
        "rows": 1,
        "head": str(head),
        "broken_at": None,
        "reason": "",
    }


def test_a_broken_audit_is_exit_code_one_with_the_row(
    store: Store, command: Command
) -> None:
    for number in range(3):
        store.audit.append("dana", "did", str(number))
    with store.database.write() as connection:
        connection.execute(text("DROP TRIGGER audit_keeps_words"))
        connection.execute(text("UPDATE audit SET actor = 'eve' WHERE id = 2"))
    told = command(audit.app, "verify")
    assert told.exit_code == 1
    assert "broken at row 2" in " ".join(told.output.split())
    assert json.loads(command(audit.app, "verify", "--json").output)["broken_at"] == 2


def test_a_head_file_is_kept_up_to_date_and_shows_a_store_set_back(
    store: Store, command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "audit.head"
    head = store.audit.append("dana", "did", "something")
    assert command(audit.app, "verify", "--head-file", str(file)).exit_code == 0
    assert file.read_text() == f"{head}\n"
    file.write_text(f"2:{'a' * 64}\n")
    told = command(audit.app, "verify", "--head-file", str(file))
    assert told.exit_code == 1
    assert "2 row(s)" in " ".join(told.output.split())
    assert file.read_text().startswith("2:")


def test_the_log_shows_the_newest_rows(store: Store, command: Command) -> None:
    for number in range(5):
        store.audit.append("dana", "mailbox.create", f"[nur{number}]", {"n": number})
    told = command(audit.app, "log", "--limit", "2")
    assert "[nur4]" in told.output
    assert "[nur2]" not in told.output
    rows = json.loads(command(audit.app, "log", "--json").output)
    assert [row["id"] for row in rows] == [5, 4, 3, 2, 1]
    assert rows[0]["details"] == {"n": 4}


def test_a_secret_is_printed_once_alone_on_stdout(
    store: Store, command: Command, secret_id: str
) -> None:
    told = command(secrets.app, "show", secret_id)
    assert told.stdout == "Pass%word=of+nur\n"
    assert "only time" in told.stderr
    with pytest.raises(SecretUnavailable):
        command(secrets.app, "show", secret_id)
    (row,) = store.audit.latest()
    assert (row.actor, row.action, row.subject) == ("dana", "secret.read", secret_id)


def test_a_secret_is_printed_as_json(command: Command, secret_id: str) -> None:
    told = command(secrets.app, "show", secret_id, "--json")
    assert json.loads(told.stdout) == {"id": secret_id, "secret": "Pass%word=of+nur"}


def test_the_list_of_secrets_needs_no_key_and_shows_none(
    command: Command, secret_id: str, settings: Settings
) -> None:
    (settings.var / "secret.key").unlink()
    told = command(secrets.app, "list")
    assert secret_id in told.output
    assert "Pass%word" not in told.output
    (entry,) = json.loads(command(secrets.app, "list", "--json").output)
    assert (entry["key"], entry["state"]) == ("rameh/mailbox/nur", "ready")
    assert not (settings.var / "secret.key").exists()


def test_runs_are_listed_with_how_they_ended(command: Command, run_id: str) -> None:
    assert run_id in command(runs.app, "list").output
    (run,) = json.loads(command(runs.app, "list", "--json").output)
    assert (run["id"], run["status"], run["summary"]) == (
        run_id,
        "waiting",
        {"waiting": 1},
    )


def test_a_run_is_shown_with_its_events_and_outcomes(
    command: Command, run_id: str
) -> None:
    told = command(runs.app, "show", run_id)
    assert "2 change(s) [in rameh]" in told.output
    assert "no seat" in told.output
    shown = json.loads(command(runs.app, "show", run_id, "--json").output)
    assert shown["run"]["id"] == run_id
    assert [one["text"] for one in shown["events"]] == ["2 change(s) [in rameh]"]
    assert shown["outcomes"][0]["status"] == "waiting"
    assert shown["unproven"][0]["checks"][0]["name"] == "mailbox answers"


def test_an_unknown_run_says_where_to_look(store: Store, command: Command) -> None:
    with pytest.raises(StoreError, match="runs list"):
        command(runs.app, "show", "nobody")


@pytest.mark.parametrize("app", [audit.app, secrets.app, runs.app])
def test_every_command_has_help_with_an_example(app: typer.Typer) -> None:
    for name in [one.name or one.callback.__name__ for one in app.registered_commands]:
        told = CliRunner().invoke(app, [name, "--help"])
        assert told.exit_code == 0
        assert "Example: " in told.output
        assert "--json" in told.output


def test_importing_the_commands_loads_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from provisioner.cli import audit, runs, secrets\n"
        "heavy = {'sqlalchemy', 'alembic', 'msgspec', 'cryptography', 'psutil'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_long_scope_is_told_in_short(
    store: Store, command: Command, now: datetime
) -> None:
    slugs = ("acre", "haifa", "karmiel", "rameh", "tiberias")
    store.runs.start(Run("20260301-wide", "plan", "dana", now, slugs))
    assert "acre, haifa, karmiel and 2 more" in command(runs.app, "list").output
